//! SCTP packets and channel messages of a client whose handshake is behind it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc_sctp::{
    Association, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Payload, TransportConfig,
};
use rtc_shared::TransportProtocol;

use crate::fuzzing::{pieces, start};
use crate::media::channels::Channels;
use crate::media::limits::Limits;

const SERVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9));
/// Ports and verification tag, before the checksum.
const HEAD: usize = 8;

/// Even first byte: packets without an association. Odd: within one that a true client has set up. Each piece is the
/// chunks of a packet; header and checksum are made to fit, or nothing would look at them. Time passes before it, in
/// steps of 16 ms.
pub fn channels(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut channels = Channels::new(first & 2 != 0, &Limits::default());
    let mut now = start();
    let mut head = [0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0];
    if first & 1 != 0 {
        let Some(known) = associate(&mut channels, now) else { return };
        head = known;
    }
    for (pause, chunks) in pieces(rest) {
        now += Duration::from_millis(u64::from(pause) * 16);
        if channels.deadline().is_some_and(|at| at <= now) {
            channels.timeout(now, |_| {});
        }
        // An association is asked for without a tag.
        let asks = chunks.first() == Some(&1);
        let packet = sealed(if asks { &head[..4] } else { &head }, chunks);
        channels.packet(now, &packet.into(), |_| {});
        channels.write(now, true, b"frame", |_| {});
    }
    channels.timeout(now + Duration::from_secs(5), |_| {});
}

/// Sets up an association; the header of the client's packets.
fn associate(channels: &mut Channels, now: Instant) -> Option<[u8; HEAD]> {
    let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, Arc::new(EndpointConfig::new()), None);
    let (handle, mut client) =
        endpoint.connect(now, ClientConfig::new(TransportConfig::default()), SERVER).ok()?;
    let mut head = None;
    for _ in 0..4 {
        let mut answers = Vec::new();
        for packet in sent(&mut client, now) {
            head = packet.first_chunk().copied().or(head);
            channels.packet(now, &packet, |answer| answers.push(Bytes::copy_from_slice(answer)));
        }
        for answer in answers {
            if let Some((known, DatagramEvent::AssociationEvent(event))) =
                endpoint.handle(now, SERVER, None, answer)
                && known == handle
            {
                client.handle_event(event);
            }
        }
        while client.poll().is_some() {}
    }
    head
}

fn sent(client: &mut Association, now: Instant) -> Vec<Bytes> {
    let mut packets = Vec::new();
    while let Some(out) = client.poll_transmit(now) {
        if let Payload::RawEncode(encoded) = out.message {
            packets.extend(encoded);
        }
    }
    packets
}

fn sealed(head: &[u8], chunks: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; HEAD + 4];
    packet[..head.len()].copy_from_slice(head);
    packet.extend_from_slice(chunks);
    let sum = crc32c(&packet).to_le_bytes();
    packet[HEAD..HEAD + 4].copy_from_slice(&sum);
    packet
}

/// The checksum of RFC 9260 appendix A, bit by bit: inputs are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0x82F6_3B78 & (sum & 1).wrapping_neg());
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An INIT of tag 1 and with a first number of 1: a window of 128 KiB and 16 streams each way.
    const INIT: [u8; 20] = [1, 0, 0, 20, 0, 0, 0, 1, 0, 2, 0, 0, 0, 16, 0, 16, 0, 0, 0, 1];
    /// An ABORT whose cause is longer than it is, over which the protocol crate falls.
    const ABORT: [u8; 8] = [6, 0, 0, 8, 0, 12, 0, 37];

    fn answered(chunks: &[u8]) -> bool {
        let mut channels = Channels::new(false, &Limits::default());
        let packet = sealed(&[0x13, 0x88, 0x13, 0x88], chunks);
        let mut answers = 0;
        channels.packet(start(), &packet.into(), |_| answers += 1);
        answers > 0
    }

    #[test]
    fn what_comes_along_with_the_beginning_of_an_association_is_looked_at_as_well() {
        assert!(answered(&INIT));
        assert!(!answered(&[&INIT[..], &ABORT].concat()));
    }
}
