//! Pictures are numbered for each reader alone, however they reach it: at once, paced on a limited line, or once more.

use std::time::Duration;

use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::world::{World, vp8};
use crate::media::double::{Client, Received};
use crate::room::media::MediaKind;

const CAMERA: (&str, &str, &str, &[&str]) = ("0", "video", "sendonly", &[]);

/// Sequence number and picture of a packet, also of one that comes once more. Each picture here is one packet.
fn numbers(packet: &Received) -> Option<(u16, u16)> {
    let (sequence, payload) = match packet.header.payload_type {
        96 => (packet.header.sequence, &packet.payload[..]),
        97 if packet.payload.is_empty() => return None,
        _ => (u16::from_be_bytes([packet.payload[0], packet.payload[1]]), &packet.payload[2..]),
    };
    Some((sequence, u16::from_be_bytes([payload[2] & 0x7F, payload[3]])))
}

struct Room {
    world: World,
    publisher: usize,
    picture: u16,
}

impl Room {
    /// Pictures so many milliseconds apart, some of them key frames.
    fn film(&mut self, count: u16, spacing_ms: u64) {
        for _ in 0..count {
            let (number, picture) = (100 + u64::from(self.picture), self.picture);
            let payload = vp8(picture, 0, picture.is_multiple_of(20));
            self.world.clients[self.publisher].rtp(
                7,
                96,
                number,
                u32::from(picture) * 450,
                "0",
                "",
                &payload,
            );
            self.picture += 1;
            self.world.run(Duration::from_millis(spacing_ms));
        }
    }

    /// A reader asks for the last packets that it got, as if it had not.
    fn ask_again(&mut self, reader: usize) {
        let client = &mut self.world.clients[reader];
        let direct: Vec<_> =
            client.received.iter().filter(|packet| packet.header.payload_type == 96).collect();
        let last: Vec<u16> = direct.iter().rev().take(3).map(|packet| packet.header.sequence).collect();
        let media_ssrc = direct[0].header.ssrc;
        let nacks = nack_pairs_from_sequence_numbers(&last);
        client.rtcp(&TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks });
        self.world.run(Duration::from_millis(60));
    }

    /// How many packets came again, after a look at all that the reader ever got: pictures are always as far behind sequence
    /// numbers.
    fn repeated(&self, reader: usize) -> usize {
        let received = &self.world.clients[reader].received;
        let offsets: Vec<u16> = received
            .iter()
            .filter_map(numbers)
            .map(|(sequence, picture)| sequence.wrapping_sub(picture) & 0x7FFF)
            .collect();
        assert!(offsets.iter().all(|offset| *offset == offsets[0]), "{offsets:?}");
        received.iter().filter(|packet| packet.header.payload_type == 97).count()
    }
}

#[test]
fn each_reader_sees_pictures_in_its_own_numbers_at_once_paced_and_repeated() {
    let mut world = World::new(3);
    let publisher = world.publisher(&[CAMERA]);
    let (early, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    let mut room = Room { world, publisher, picture: 0 };
    room.film(50, 20);
    let (late, _) = room.world.subscriber(publisher, "0", MediaKind::Video);
    assert!(room.world.run_until(|world| world.clients.iter().all(Client::connected)));
    room.film(60, 20);
    for reader in [early, late] {
        room.ask_again(reader);
    }
    // Too much for one line, then so little that it goes through, paced.
    room.world.narrow.insert(late, 120_000);
    room.film(200, 5);
    room.film(60, 40);
    assert!(room.world.engine.peers.iter().any(|(_, peer)| peer.bandwidth.limited()), "a line is paced");
    let before = room.world.clients[late].received.len();
    room.film(20, 40);
    assert!(room.world.clients[late].received.len() > before + 10, "pictures pass on it");
    for reader in [early, late] {
        room.ask_again(reader);
    }
    let again = [early, late].map(|reader| room.repeated(reader));
    assert!(again.iter().all(|count| *count >= 6), "{again:?} came again");
}
