//! One signaling socket: frames in, frames out, limits on both.
//!
//! What a client sends is passed on in order; one that sends more than [`FRAMES_PER_SECOND`] is simply not read any
//! faster. What it is sent waits in a bounded queue; when that is full the room gives the socket up, and the client,
//! which has a place to come back to, resumes.
//!
//! A client that has said nothing yet is not hung up on. Of a WebSocket that opens, says one thing and closes Firefox (153,
//! tried) tells its page in three cases of four only that it has closed, and `livekit-client` (2.23) then waits for ever for
//! it to open: a page that is told to join anew never does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use livekit_protocol as proto;
use prost::Message as _;
use tokio::time::Instant;

use crate::host::{Front, Seat};
use crate::room::{Arrival, ConnId, Request};

/// So many frames of one client are read in a second; a client that publishes everything it can sends some dozens.
const FRAMES_PER_SECOND: u32 = 200;
/// A client that takes longer to accept one frame is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client that is turned away may take to hang up itself: as long as `livekit-client` waits for a first message.
const PARTING: Duration = Duration::from_secs(5);

/// Serves one socket until either side ends it.
pub async fn serve(mut socket: WebSocket, front: Arc<Front>, seat: Seat, arrival: Arrival) {
    let conn = seat.conn();
    let room = arrival.grant.room.clone();
    let Some(mut frames) = front.arrive(&room, arrival) else { return };
    let mut pace = Pace::new();
    let mut silent = true;
    loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else {
                    if silent {
                        // What it says, if anything, nobody waits for any more.
                        let _ = tokio::time::timeout(PARTING, socket.recv()).await;
                    }
                    break;
                };
                match tokio::time::timeout(WRITE_TIMEOUT, socket.send(Message::Binary(frame))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => break,
                }
            }
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                silent = false;
                if !pass_on(&front, &room, conn, message) {
                    break;
                }
                pace.wait().await;
            }
        }
    }
    front.closed(&room, conn);
    let farewell = Message::Close(Some(CloseFrame { code: close_code::NORMAL, reason: "".into() }));
    // The other side may be gone already; there is nothing left to do then.
    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.send(farewell)).await;
    drop(seat);
}

/// Hands one message to the room. False when this connection has to end: it closed, or sent what no client sends.
fn pass_on(front: &Front, room: &str, conn: ConnId, message: Message) -> bool {
    match message {
        Message::Binary(frame) => match proto::SignalRequest::decode(frame) {
            Ok(proto::SignalRequest { message: Some(request) }) => {
                front.signal(room, conn, Box::<Request>::new(request))
            }
            // A message of tomorrow: a sign of life, nothing more.
            Ok(proto::SignalRequest { message: None }) => front.heard(room, conn),
            Err(_) => false,
        },
        Message::Ping(_) | Message::Pong(_) => front.heard(room, conn),
        Message::Text(_) | Message::Close(_) => false,
    }
}

/// Counts frames by the second.
struct Pace {
    second: Instant,
    frames: u32,
}

impl Pace {
    fn new() -> Self {
        Self { second: now(), frames: 0 }
    }

    async fn wait(&mut self) {
        self.frames += 1;
        let end = self.second + Duration::from_secs(1);
        if now() >= end {
            *self = Self::new();
        } else if self.frames >= FRAMES_PER_SECOND {
            tokio::time::sleep_until(end).await;
            *self = Self::new();
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "sockets live at the edge, where time is read from the runtime"
)]
fn now() -> Instant {
    Instant::now()
}
