//! A connected publisher that lies about everything, and a subscriber that lies about what it got.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc_srtp::config::SessionKeys;
use rtc_srtp::protection_profile::ProtectionProfile;

use super::{WALL, engine, offer, packet};
use crate::fuzzing::{pieces, start};
use crate::media::engine::Engine;
use crate::media::peer::Source;
use crate::media::replay::Window;
use crate::media::rtp::Header;
use crate::media::srtp::{MAX_TAG, Plain, Seal, contexts_from};
use crate::room::media::{ForwardSpec, Media as _, MediaKind, PeerId, PeerRole, Tuning};

/// Sections of the publisher: one for each codec that is passed through.
pub(super) const SECTIONS: [(&str, MediaKind, &str); 6] = [
    (
        "0",
        MediaKind::Audio,
        "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111",
    ),
    (
        "1",
        MediaKind::Video,
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\n\
         a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96",
    ),
    ("2", MediaKind::Video, "a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\na=rtcp-fb:98 nack"),
    (
        "3",
        MediaKind::Video,
        "a=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\na=rtcp-fb:102 nack",
    ),
    ("4", MediaKind::Video, "a=rtpmap:45 AV1/90000\r\na=rtcp-fb:45 nack"),
    (
        "5",
        MediaKind::Video,
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f",
    ),
];

/// One bit of what is done with a piece: who sends it, the publisher or the subscriber.
const SUBSCRIBER: u8 = 1;
/// It is RTP where the target speaks RTCP, and the other way round.
const OTHER: u8 = 2;
/// Time passes before it, in steps of 8 ms.
const PAUSE: u8 = 0xFC;

/// RTP packets of a publisher, with feedback among them.
pub fn packets(bytes: &[u8]) {
    pieces(bytes).for_each(|(_, piece)| packet(piece));
    if let Some(session) = Session::new() {
        session.run(bytes, false);
    }
}

/// Compound RTCP packets of either side, with media among them.
pub fn feedback(bytes: &[u8]) {
    if let Some(session) = Session::new() {
        session.run(bytes, true);
    }
}

/// A client's end of the encryption.
struct Ends {
    address: Source,
    seal: Seal,
    windows: HashMap<u32, Window>,
}

struct Session {
    engine: Engine,
    now: Instant,
    clients: [Ends; 2],
}

impl Session {
    fn new() -> Option<Self> {
        let mut engine = engine()?;
        let (publisher, subscriber) = (PeerId(0), PeerId(1));
        engine.open(WALL, publisher, PeerRole::Single);
        engine.open(WALL, subscriber, PeerRole::Single);
        let answer = engine.offer(WALL, publisher, &offer(true, &SECTIONS), &[]).ok()?;
        for section in answer.sending {
            let spec = ForwardSpec {
                source: publisher,
                source_mid: section.mid.clone(),
                kind: section.kind,
                stream_id: format!("PA_0|TR_{}", section.mid),
                track_id: format!("TR_{}", section.mid),
                screen: false,
                redundant: true,
            };
            let forward = engine.forward(WALL, subscriber, &spec).ok()?;
            engine.tune(WALL, forward, Tuning { paused: false, max_layer: 2 });
        }
        engine.offer(WALL, subscriber, &offer(false, &SECTIONS), &[]).ok()?;
        // Feedback can only speak of sources that an input can name.
        for (number, (_, forward)) in (1..).zip(engine.forwards.iter_mut()) {
            (forward.ssrc, forward.repair_ssrc) = (number, 0x100 + number);
        }
        let clients = [connect(&mut engine, 0)?, connect(&mut engine, 1)?];
        Some(Self { engine, now: start(), clients })
    }

    fn run(mut self, bytes: &[u8], feedback: bool) {
        for (kind, piece) in pieces(bytes) {
            self.pass(Duration::from_millis(u64::from(kind & PAUSE) * 2));
            let client = usize::from(kind & SUBSCRIBER);
            let feedback = feedback != (kind & OTHER != 0);
            let Some(mut datagram) = self.seal(client, feedback, piece) else { continue };
            self.engine.datagram(self.now, self.clients[client].address, &mut datagram);
        }
        for _ in 0..4 {
            self.pass(Duration::from_millis(500));
        }
    }

    /// What the client would put on the line.
    fn seal(&mut self, client: usize, feedback: bool, piece: &[u8]) -> Option<Vec<u8>> {
        let client = self.clients.get_mut(client)?;
        if feedback {
            return client.seal.rtcp(piece);
        }
        let header = Header::parse(piece)?;
        let window = client.windows.entry(header.ssrc).or_default();
        let index = window.extend(header.sequence);
        window.record(index);
        let (head, payload) = piece.split_at_checked(header.length)?;
        let mut sealed = head.to_vec();
        sealed.resize(piece.len() + MAX_TAG, 0);
        let plain = Plain { header: head.len(), front: 0, payload };
        let length = client.seal.rtp(&mut sealed, plain, header.ssrc, index)?;
        sealed.truncate(length);
        Some(sealed)
    }

    fn pass(&mut self, span: Duration) {
        self.now += span;
        self.engine.tick(self.now);
        while self.engine.poll_event().is_some() {}
        self.engine.transmit(|_, _, _| {});
    }
}

/// Has the connection behind it what a handshake would have brought; the address is proven.
fn connect(engine: &mut Engine, index: usize) -> Option<Ends> {
    let key = || SessionKeys {
        local_master_key: vec![7; 16],
        local_master_salt: vec![8; 12],
        remote_master_key: vec![7; 16],
        remote_master_salt: vec![8; 12],
    };
    let identity = Arc::clone(&engine.identity);
    let crypto = identity.crypto.crypto();
    let profile = ProtectionProfile::AeadAes128Gcm;
    let (ours, open) = contexts_from(&key(), profile, crypto, engine.limits.ssrcs).ok()?;
    let (seal, _) = contexts_from(&key(), profile, crypto, engine.limits.ssrcs).ok()?;
    let address = Source::Udp(([10, 0, 0, 1], 5000 + u16::try_from(index).ok()?).into());
    let peer = engine.peers.get_mut(index)?;
    (peer.egress.seal, peer.open, peer.connected) = (Some(ours), Some(open), true);
    (peer.remote, peer.addresses) = (Some(address), vec![address]);
    engine.addresses.insert(address, index);
    Some(Ends { address, seal, windows: HashMap::new() })
}
