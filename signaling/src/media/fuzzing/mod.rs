//! Ways in to the media plane for the fuzz targets: see [`crate::fuzzing`].

mod channels;
mod handshake;
mod session;

use std::sync::{Arc, OnceLock};

use schema::moment::Moment;

use super::descriptor::Descriptor;
use super::dtls::Identity;
use super::engine::{Config, Engine};
use super::limits::Limits;
use super::payload::{Vp8, starts_keyframe};
use super::red;
use super::rtp::{EXTENSIONS, ExtensionIds, Header, Leaving, MAX_HEADER, Outgoing};
use super::sdp::{self, Codec, Credentials};
use super::stun::Check;
use crate::fuzzing::start;
use crate::room::media::{ForwardSpec, Media as _, MediaKind, PeerId, PeerRole};

pub use channels::channels;
pub use handshake::records;
pub use session::{feedback, packets};

/// The wall clock stands still.
pub(crate) const WALL: Moment = Moment::from_millis(1_790_000_000_000);

/// One certificate for all inputs: making one takes longer than most of them.
fn identity() -> Option<Arc<Identity>> {
    static IDENTITY: OnceLock<Option<Arc<Identity>>> = OnceLock::new();
    IDENTITY.get_or_init(|| Identity::generate().ok().map(Arc::new)).clone()
}

/// An engine without connections.
pub(crate) fn engine() -> Option<Engine> {
    let config = Config {
        candidates: vec![([127, 0, 0, 1], 4000).into()],
        limits: Limits::default(),
        started: start(),
        wall: WALL,
    };
    Some(Engine::with_identity(identity()?, config))
}

/// An engine with one connection that waits for its client; the credentials are known.
pub(crate) fn waiting() -> Option<Engine> {
    let mut engine = engine()?;
    engine.open(WALL, PeerId(0), PeerRole::Single);
    engine.offer(WALL, PeerId(0), &offer(true, &session::SECTIONS), &[]).ok()?;
    let (index, peer) = engine.peers.iter_mut().next()?;
    peer.local = Credentials { ufrag: "ufrag".to_owned(), password: "password".to_owned() };
    engine.fragments.insert("ufrag".to_owned(), index);
    Some(engine)
}

/// A connectivity check, and the reply to it.
pub fn check(datagram: &[u8]) {
    let (Some(mut check), Some(identity)) = (Check::parse(datagram), identity()) else { return };
    check.authentic("password", &identity.crypto);
    check.reply(([127, 0, 0, 1], 9).into(), "password", &identity.crypto);
}

/// A client's description: understood alone, then as an offer on the single path, then as an answer on the dual one.
pub fn description(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    if sdp::parse(&text, 64, 1 << 16).is_err() {
        return;
    }
    let Some(mut engine) = engine() else { return };
    let (publisher, single, subscriber) = (PeerId(1), PeerId(2), PeerId(3));
    for (peer, role) in
        [(publisher, PeerRole::Publisher), (single, PeerRole::Single), (subscriber, PeerRole::Subscriber)]
    {
        engine.open(WALL, peer, role);
    }
    // What is refused is refused; that nothing falls over is all there is to see.
    let Ok(answer) = engine.offer(WALL, publisher, &text, &[]) else { return };
    for section in answer.sending {
        let spec = ForwardSpec {
            source: publisher,
            source_mid: section.mid.clone(),
            kind: section.kind,
            stream_id: "PA_1|TR_1".to_owned(),
            track_id: "TR_1".to_owned(),
            screen: false,
            redundant: true,
        };
        for reader in [single, subscriber] {
            let _ = engine.forward(WALL, reader, &spec);
        }
    }
    let _ = engine.offer(WALL, single, &text, &[]);
    let _ = engine.create_offer(WALL, subscriber, false);
    let _ = engine.answer(WALL, subscriber, &text);
    let _ = engine.offer(WALL, publisher, &text, &[]);
}

/// One RTP packet through every parser of headers and payloads.
fn packet(packet: &[u8]) {
    let mut ids = ExtensionIds::default();
    for (id, (extension, _)) in (1..).zip(EXTENSIONS) {
        ids.set(extension, id);
    }
    let Some(header) = Header::parse(packet) else { return };
    if let Some(descriptor) = header.extensions(packet, ids).descriptor {
        let frame = Descriptor::parse(descriptor).map_or(0, |found| found.frame);
        Outgoing { descriptor, frame, ..Outgoing::default() }.write(
            Leaving::default(),
            &mut [0; MAX_HEADER],
            ids,
        );
    }
    let Some(payload) = header.payload(packet) else { return };
    for codec in [Codec::Opus, Codec::Red, Codec::Vp8, Codec::Vp9(0), Codec::H264(0x42, 1), Codec::Av1] {
        starts_keyframe(codec, payload);
    }
    red::newest(payload);
    red::older(payload);
    if let Some((counters, _)) = Vp8::parse(payload) {
        counters.rewrite(&mut payload.to_vec(), 1, 1);
    }
}

/// What a client could offer: sections of these names, kinds and payload types, all sending or all receiving.
fn offer(sends: bool, sections: &[(&str, MediaKind, &str)]) -> String {
    use std::fmt::Write as _;
    let mut text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=extmap-allow-mixed\r\n\
                    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
                    a=fingerprint:sha-256 00\r\na=setup:actpass\r\n"
        .to_owned();
    for (mid, kind, formats) in sections {
        let media = if *kind == MediaKind::Audio { "audio" } else { "video" };
        let types: Vec<&str> = formats
            .split("\r\n")
            .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split(' ').next())
            .collect();
        let direction = if sends { "sendonly" } else { "recvonly" };
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "m={media} 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n{formats}\r\n",
            types.join(" ")
        );
        for (id, (_, uri)) in (1..15).zip(EXTENSIONS) {
            let _ = write!(text, "a=extmap:{id} {uri}\r\n");
        }
        if sends {
            let _ = write!(text, "a=msid:stream track-{mid}\r\n");
        }
    }
    text
}
