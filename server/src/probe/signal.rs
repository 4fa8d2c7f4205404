//! The signaling line to the room: LiveKit's protocol, binary frames over a WebSocket.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::{SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use rand::{TryRngCore as _, rngs::OsRng};
use reqwest::{StatusCode, header};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::door::{NoEntry, Ticket};

/// Version of the protocol that is spoken.
const PROTOCOL: &str = "16";
/// Longest wait for the answer at the door.
const PATIENCE: Duration = Duration::from_secs(10);

pub use proto::{signal_request::Message as Request, signal_response::Message as Response};

/// An open line.
pub struct Line {
    socket: WebSocketStream<reqwest::Upgraded>,
}

impl Line {
    /// Opens it. The token goes into a header, where no log looks, and never into the address.
    pub async fn open(http: &reqwest::Client, ticket: &Ticket) -> Result<Self, NoEntry> {
        let mut nonce = [0_u8; 16];
        OsRng.try_fill_bytes(&mut nonce).map_err(|error| NoEntry::Broken(error.to_string()))?;
        let key = STANDARD.encode(nonce);
        let request = http
            .get(address(&ticket.url)?)
            .query(&[
                ("protocol", PROTOCOL),
                ("auto_subscribe", "1"),
                ("sdk", "rust"),
                ("version", env!("CARGO_PKG_VERSION")),
            ])
            .bearer_auth(&ticket.token)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key);
        let answer = tokio::time::timeout(PATIENCE, request.send()).await.map_err(|_| NoEntry::Silent)??;
        match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(NoEntry::Refused),
            other => return Err(NoEntry::Answer(other.as_u16())),
        }
        let accepted = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT).map(header::HeaderValue::as_bytes);
        if accepted != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(NoEntry::Broken("no WebSocket".to_owned()));
        }
        let upgraded = answer.upgrade().await?;
        Ok(Self { socket: WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await })
    }

    /// Sends a request. One that cannot be sent is noticed by the next [`receive`](Self::receive).
    pub async fn send(&mut self, request: Request) {
        let frame = proto::SignalRequest { message: Some(request) }.encode_to_vec();
        if let Err(error) = self.socket.send(Message::Binary(frame.into())).await {
            tracing::debug!(%error, "a request could not be sent");
        }
    }

    /// The next message of the room; `None` once the line is down.
    pub async fn receive(&mut self) -> Option<Response> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Binary(frame) => match proto::SignalResponse::decode(frame) {
                    Ok(proto::SignalResponse { message: Some(message) }) => return Some(message),
                    // A message of tomorrow.
                    Ok(proto::SignalResponse { message: None }) => {}
                    Err(_) => return None,
                },
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Says goodbye.
    pub async fn leave(mut self) {
        self.send(Request::Leave(proto::LeaveRequest::default())).await;
        if let Err(error) = self.socket.close(None).await {
            tracing::debug!(%error, "the line was closed by the other side");
        }
    }
}

/// Where the room answers: `ws` and `wss` are HTTP that is upgraded.
fn address(url: &str) -> Result<String, NoEntry> {
    let (scheme, rest) = url.split_once("://").ok_or(NoEntry::Address)?;
    let scheme = match scheme {
        "ws" | "http" => "http",
        "wss" | "https" => "https",
        _ => return Err(NoEntry::Address),
    };
    Ok(format!("{scheme}://{}/rtc", rest.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_answers_behind_http_or_https() {
        let of = |url| address(url).map_err(|_| ());
        assert_eq!(of("ws://host:7880"), Ok("http://host:7880/rtc".to_owned()));
        assert_eq!(of("wss://host/base/"), Ok("https://host/base/rtc".to_owned()));
        assert_eq!(of("ftp://host"), Err(()));
        assert_eq!(of("host"), Err(()));
    }
}
