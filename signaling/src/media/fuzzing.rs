//! The ways in for the fuzz targets: one function for each parser that the network reaches. Not part of any build but
//! theirs.

use std::sync::{Arc, OnceLock};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

use super::bandwidth::Bandwidth;
use super::dtls::{Dtls, Identity};
use super::layer::Layer;
use super::limits::Limits;
use super::payload::{Vp8, red_primary, starts_keyframe};
use super::rtp::{EXTENSIONS, ExtensionIds, Header};
use super::sdp::{self, Codec};
use super::stun::Check;

fn identity() -> Option<Arc<Identity>> {
    static IDENTITY: OnceLock<Option<Arc<Identity>>> = OnceLock::new();
    IDENTITY.get_or_init(|| Identity::generate().ok().map(Arc::new)).clone()
}

#[expect(clippy::disallowed_methods, reason = "instants cannot be made in any other way")]
fn now() -> std::time::Instant {
    static NOW: OnceLock<std::time::Instant> = OnceLock::new();
    *NOW.get_or_init(std::time::Instant::now)
}

/// A connectivity check, and the reply to it.
pub fn check(datagram: &[u8]) {
    let (Some(mut check), Some(identity)) = (Check::parse(datagram), identity()) else { return };
    check.authentic("password", &identity.crypto);
    check.reply(([127, 0, 0, 1], 9).into(), "password", &identity.crypto);
}

/// Datagrams of a handshake, each behind its length in one byte.
pub fn records(mut datagrams: &[u8]) {
    let Some(identity) = identity() else { return };
    let mut dtls = Dtls::new(identity, "00".to_owned());
    while let Some((length, rest)) = datagrams.split_first() {
        let (datagram, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        datagrams = rest;
        dtls.datagram(now(), datagram, |_| {});
    }
}

/// An RTP packet.
pub fn rtp(packet: &[u8]) {
    let mut ids = ExtensionIds::default();
    for (id, (extension, _)) in (1..).zip(EXTENSIONS) {
        ids.set(extension, id);
    }
    let Some(header) = Header::parse(packet) else { return };
    header.extensions(packet, ids);
    let Some(payload) = header.payload(packet) else { return };
    for codec in [Codec::Opus, Codec::Red, Codec::Vp8, Codec::Vp9(0), Codec::H264(0x42, 1), Codec::Av1] {
        starts_keyframe(codec, payload);
    }
    red_primary(payload);
    if let Some((counters, _)) = Vp8::parse(payload) {
        counters.rewrite(&mut payload.to_vec(), 1, 1);
    }
    let mut layer = Layer::new(&Limits::default());
    for pair in payload.chunks_exact(2) {
        let sequence = u16::from_be_bytes([pair[0], pair[1]]);
        layer.arrived(now(), sequence, header.timestamp, 90_000, pair[0] & 1 == 0, pair[1] < 64);
    }
}

/// A compound RTCP packet.
pub fn rtcp(packet: &[u8]) {
    let Ok(packets) = rtc_rtcp::packet::unmarshal(&mut &*packet) else { return };
    for packet in packets {
        if let Some(arrivals) = packet.as_any().downcast_ref::<TransportLayerCc>() {
            let mut bandwidth = Bandwidth::default();
            for number in 0..64 {
                bandwidth.left(now(), number, 1200);
            }
            bandwidth.feedback(now(), arrivals);
        }
    }
}

/// A client's description.
pub fn description(text: &str) {
    // What is not understood is refused; there is nothing else to see.
    let _ = sdp::parse(text, 64, 1 << 16);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_parser_falls_over_made_up_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 200_u8..208) {
            super::check(&bytes);
            super::records(&bytes);
            super::rtp(&bytes);
            let mut packet = bytes.clone();
            packet.resize(bytes.len().next_multiple_of(4).max(8), 0);
            let words = u16::try_from(packet.len() / 4 - 1).unwrap();
            packet[0] = 0x80 | packet[0] & 0x1F;
            packet[1] = kind;
            packet[2..4].copy_from_slice(&words.to_be_bytes());
            super::rtcp(&packet);
            super::description(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn no_feedback_falls_over_made_up_arrivals(body in prop::collection::vec(any::<u8>(), 16..200)) {
            let mut packet = vec![0x8F, 205, 0, 0];
            packet.extend_from_slice(&body);
            packet.resize(packet.len().next_multiple_of(4), 0);
            let words = u16::try_from(packet.len() / 4 - 1).unwrap();
            packet[2..4].copy_from_slice(&words.to_be_bytes());
            super::rtcp(&packet);
        }
    }
}
