//! The way in for the fuzz target: messages of a stranger, and of somebody whose signature is taken on trust, since no
//! machine guesses one.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

use bytes::BytesMut;
use schema::moment::Moment;

use super::message::Request;
use super::session::Authentic;
use super::{Limits, Now, Reaction, Relay, Session, Targets, Transport, framing};

const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);

#[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
fn now() -> Now {
    static START: OnceLock<Instant> = OnceLock::new();
    Now { instant: *START.get_or_init(Instant::now), wall: Moment::from_millis(1_790_000_000_000) }
}

fn relay() -> Option<&'static Relay> {
    static RELAY: OnceLock<Option<Relay>> = OnceLock::new();
    let make = || {
        let targets = Targets::new([&[SocketAddr::from(([10, 0, 0, 5], 7882))][..]]);
        Relay::new(now().instant, b"secret", [7; 32], targets, Limits::default()).ok()
    };
    RELAY.get_or_init(make).as_ref()
}

/// A stream of a client, cut into messages; each is taken as a stranger's and as a known client's.
pub fn stream(bytes: &[u8]) {
    let Some(relay) = relay() else { return };
    let mut read = BytesMut::from(bytes);
    let mut stranger = Session::new(CLIENT, Transport::Udp);
    let mut known = Session::new(CLIENT, Transport::Stream);
    let who = Authentic::trusted("1790000600:fuzzer", "fuzzer");
    while let Ok(Some(message)) = framing::next(&mut read) {
        stranger.message(relay, now(), &message);
        if let Some(request) = Request::parse(&message).filter(|request| !request.is_indication()) {
            let reply = known.authentic(relay, now().instant, &request, &who);
            drop(reply.map(|reply| who.sign(reply, relay)));
        } else if let Reaction::HandOver { source, payload, .. } = known.message(relay, now(), &message) {
            let mut out = Vec::new();
            known.deliver(relay, now().instant, source, &message[payload], &mut out);
        }
    }
    known.end();
    while known.poll_closed().is_some() {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_made_up_stream_makes_the_relay_fall_over(
            messages in prop::collection::vec((prop::sample::select(vec![0x0001_u16, 0x0003, 0x0004, 0x0008, 0x0009, 0x0016, 0x4000, 0x4001]), prop::collection::vec(any::<u8>(), 0..120)), 0..12)
        ) {
            let mut stream = Vec::new();
            for (kind, mut body) in messages {
                let stun = kind < 0x4000;
                body.resize(body.len().next_multiple_of(4), 0);
                stream.extend_from_slice(&kind.to_be_bytes());
                stream.extend_from_slice(&u16::try_from(body.len()).unwrap().to_be_bytes());
                if stun {
                    stream.extend_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
                    stream.extend_from_slice(&[0; 12]);
                }
                stream.extend_from_slice(&body);
            }
            super::stream(&stream);
        }

        #[test]
        fn no_made_up_bytes_do_either(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            super::stream(&bytes);
        }
    }
}
