//! One signaling socket: frames in, frames out, limits on both.
//!
//! What a client sends is passed on in order, but for pings, which are answered here; one that sends more than
//! [`FRAMES_PER_SECOND`] is simply not read any faster. What it is sent waits in a bounded queue; when that is full the room
//! gives the socket up, and the client, which has a place to come back to, resumes. One that sends what cannot be read, or too
//! much at once, is told to go and has no place any more.
//!
//! A client that has said nothing yet is not hung up on. Of a WebSocket that opens, says one thing and closes Firefox (153,
//! tried) tells its page in three cases of four only that it has closed, and `livekit-client` (2.23) then waits for ever for
//! it to open: a page that is told to join anew never does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseCode, CloseFrame, Message, WebSocket, close_code};
use livekit_protocol as proto;
use prost::Message as _;
use schema::moment::Moment;
use tokio::time::Instant;

use crate::host::{Front, Seat};
use crate::room::{Arrival, ConnId, Request, Response};

/// So many frames of one client are read in a second; a client that publishes everything it can sends some dozens.
const FRAMES_PER_SECOND: u32 = 200;
/// A client that takes longer to accept one frame is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client that is turned away may take to hang up itself: as long as `livekit-client` waits for a first message.
const PARTING: Duration = Duration::from_secs(5);

/// So long a client may take to read why it was dismissed. What it sends meanwhile is not taken, and a socket that is
/// closed over it is reset, which may cost the client what it has not read yet.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why no more is read from a client.
enum End {
    /// It closed the connection, or lost it; or its room is gone.
    Gone,
    /// It sent what no client sends. The number is the WebSocket's.
    Unreadable(CloseCode),
}

/// Serves one socket until either side ends it.
pub async fn serve(mut socket: WebSocket, front: Arc<Front>, seat: Seat, arrival: Arrival) {
    let conn = seat.conn();
    let room = arrival.grant.room.clone();
    let Some(mut frames) = front.arrive(&room, arrival) else { return };
    let mut pace = Pace::new();
    let mut silent = true;
    let end = loop {
        tokio::select! {
            frame = frames.recv() => {
                let Some(frame) = frame else {
                    if silent {
                        // What it says, if anything, nobody waits for any more.
                        let _ = tokio::time::timeout(PARTING, socket.recv()).await;
                    }
                    break End::Gone;
                };
                if !write(&mut socket, Message::Binary(frame)).await {
                    break End::Gone;
                }
            }
            message = socket.recv() => {
                silent = false;
                let passed = match message {
                    Some(Ok(message)) => pass_on(&front, &room, conn, message),
                    Some(Err(error)) => Err(why(error)),
                    None => Err(End::Gone),
                };
                match passed {
                    Ok(Some(answer)) => {
                        if !write(&mut socket, answer).await {
                            break End::Gone;
                        }
                    }
                    Ok(None) => {}
                    Err(end) => break end,
                }
                pace.wait().await;
            }
        }
    };
    match end {
        End::Gone => {
            front.closed(&room, conn);
            close(&mut socket, close_code::NORMAL).await;
        }
        End::Unreadable(code) => {
            // Where the room is gone, so is the queue.
            front.unreadable(&room, conn);
            let last_words = async {
                while let Some(frame) = frames.recv().await {
                    if !write(&mut socket, Message::Binary(frame)).await {
                        break;
                    }
                }
            };
            // One that takes its time with all that waits does not keep its seat for that.
            let _ = tokio::time::timeout(WRITE_TIMEOUT, last_words).await;
            close(&mut socket, code).await;
            tokio::time::sleep(FAREWELL).await;
        }
    }
    drop(seat);
}

/// Writes one message. False when the client does not take it.
async fn write(socket: &mut WebSocket, message: Message) -> bool {
    matches!(tokio::time::timeout(WRITE_TIMEOUT, socket.send(message)).await, Ok(Ok(())))
}

async fn close(socket: &mut WebSocket, code: CloseCode) {
    // The other side may be gone already; there is nothing left to do then.
    write(socket, Message::Close(Some(CloseFrame { code, reason: "".into() }))).await;
}

/// What it means that the WebSocket cannot be read any more.
fn why(error: axum::Error) -> End {
    use tungstenite::Error;
    use tungstenite::error::ProtocolError;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => End::Unreadable(close_code::SIZE),
        Some(Error::Utf8(_)) => End::Unreadable(close_code::INVALID),
        // So the loss of a connection is called as well.
        Some(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => End::Gone,
        Some(Error::Protocol(_)) => End::Unreadable(close_code::PROTOCOL),
        _ => End::Gone,
    }
}

/// Hands one message to the room. A ping is answered here, and the room is only told that the client lives: to ask the worker
/// would wake up its thread and another, every four seconds for each client. That the worker lives, clients see by
/// their media; when it has stopped their sockets are closed.
fn pass_on(front: &Front, room: &str, conn: ConnId, message: Message) -> Result<Option<Message>, End> {
    let mut answer = None;
    let passed = match message {
        Message::Binary(frame) => match proto::SignalRequest::decode(frame) {
            Ok(proto::SignalRequest { message: Some(request) }) => {
                answer = pong(&request, front.now());
                if answer.is_some() {
                    front.heard(room, conn)
                } else {
                    front.signal(room, conn, Box::new(request))
                }
            }
            // A message of tomorrow: a sign of life, nothing more.
            Ok(proto::SignalRequest { message: None }) => front.heard(room, conn),
            Err(_) => return Err(End::Unreadable(close_code::INVALID)),
        },
        Message::Ping(_) | Message::Pong(_) => front.heard(room, conn),
        Message::Text(_) => return Err(End::Unreadable(close_code::UNSUPPORTED)),
        Message::Close(_) => false,
    };
    if passed { Ok(answer) } else { Err(End::Gone) }
}

/// The answer to a ping, in both dialects; `None` to anything else.
fn pong(request: &Request, now: Moment) -> Option<Message> {
    let timestamp = now.as_millis();
    let pong = match request {
        Request::Ping(_) => Response::Pong(timestamp),
        Request::PingReq(ping) => {
            Response::PongResp(proto::Pong { last_ping_timestamp: ping.timestamp, timestamp })
        }
        _ => return None,
    };
    Some(Message::Binary(proto::SignalResponse { message: Some(pong) }.encode_to_vec().into()))
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
