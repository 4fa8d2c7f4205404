//! The dependency descriptor on its way: as it was sent, also when it comes again or late, and with numbers that go on.

use std::time::Duration;

use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::world::{PROFILES, WALL, World, id};
use crate::media::descriptor::{Descriptor, renumber};
use crate::media::double::{Client, Received};
use crate::room::media::{ForwardId, Media, MediaKind, PeerRole, Tuning};

const CAMERA: (&str, &str, &str, &[&str]) = ("0", "av1", "sendonly", &[]);
/// Payload types of pictures and of their repetitions, on both sides.
const AV1: u8 = 45;
const REPAIR: u8 = 46;
/// Packets of a frame.
const PARTS: u8 = 3;
const MIXED: &str = "a=extmap-allow-mixed\r\n";
const URI: &str = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// One packet of a frame: an aggregation header, and what the frame is, to be told by who gets it.
fn picture(frame: u16, part: u8, key: bool) -> Vec<u8> {
    let [high, low] = frame.to_be_bytes();
    let mut payload = vec![if key && part == 0 { 0x18 } else { 0x10 }, high, low, part, u8::from(key)];
    payload.resize(400, 7);
    payload
}

/// The descriptor of such a packet. That of a key frame has the structure behind what every one has, and is too long for
/// the one-byte form.
fn descriptor(payload: &[u8]) -> Vec<u8> {
    let (part, key) = (payload[3], payload[4] == 1);
    let ends = u8::from(part == PARTS - 1) << 6;
    let mut bytes = vec![u8::from(part == 0) << 7 | ends | 5, payload[1], payload[2]];
    if key && part == 0 {
        bytes.extend(0x80..0xC0);
    }
    bytes
}

/// One source of the publisher, with numbers of its own.
struct Lens {
    ssrc: u32,
    rid: &'static str,
    index: u64,
    frame: u16,
    timestamp: u32,
}

impl Lens {
    fn new(ssrc: u32, rid: &'static str, frame: u16) -> Self {
        Self { ssrc, rid, index: 100 * u64::from(ssrc), frame, timestamp: 1000 * ssrc }
    }
}

/// A publisher in AV1, and one who watches.
struct Camera {
    world: World,
    publisher: usize,
    subscriber: usize,
    forward: ForwardId,
}

impl Camera {
    fn new(section: (&str, &str, &str, &[&str])) -> Self {
        Self::watched(section, str::to_owned)
    }

    /// One whose subscriber answers as `changed` makes it.
    fn watched(section: (&str, &str, &str, &[&str]), changed: impl Fn(&str) -> String) -> Self {
        let mut world = World::new(2);
        let publisher = world.publisher(&[section]);
        let subscriber = world.client(PeerRole::Subscriber, &PROFILES);
        let forward = world.forward(subscriber, publisher, "0", MediaKind::Video);
        let offer = world.engine.create_offer(WALL, id(subscriber), false).unwrap();
        assert!(offer.contains(MIXED) && offer.contains(&format!("a=extmap:12 {URI}\r\n")), "{offer}");
        let answer = changed(&world.clients[subscriber].answer(&offer));
        world.engine.answer(WALL, id(subscriber), &answer).unwrap();
        assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
        Self { world, publisher, subscriber, forward }
    }

    fn send(&mut self, lens: &mut Lens, payload: &[u8]) {
        let client = &mut self.world.clients[self.publisher];
        client.descriptor = descriptor(payload);
        client.rtp(lens.ssrc, AV1, lens.index, lens.timestamp, "0", lens.rid, payload);
        lens.index += 1;
    }

    fn shoot(&mut self, lens: &mut Lens, key: bool) {
        for part in 0..PARTS {
            self.send(lens, &picture(lens.frame, part, key));
        }
        lens.frame = lens.frame.wrapping_add(1);
        lens.timestamp = lens.timestamp.wrapping_add(3600);
    }

    /// Frames of all lenses at the same time, every tenth of them a key frame.
    fn film(&mut self, lenses: &mut [Lens], frames: u16) {
        for frame in 0..frames {
            for lens in &mut *lenses {
                self.shoot(lens, frame.is_multiple_of(10));
            }
            self.world.run(Duration::from_millis(40));
        }
    }

    fn got(&self, payload_type: u8) -> Vec<Received> {
        let received = &self.world.clients[self.subscriber].received;
        received.iter().filter(|packet| packet.header.payload_type == payload_type).cloned().collect()
    }

    /// Frame numbers as the subscriber got them, each once.
    fn numbers(&self) -> Vec<u16> {
        let number = |packet: &Received| Descriptor::parse(&packet.descriptor).unwrap().frame;
        let mut numbers: Vec<u16> = self.got(AV1).iter().map(number).collect();
        numbers.dedup();
        numbers
    }
}

/// Every packet has the descriptor that it was sent with, but for the number of the frame.
fn as_sent(packets: &[Received]) {
    for packet in packets {
        let mut expected = descriptor(&packet.payload);
        renumber(&mut expected, Descriptor::parse(&packet.descriptor).unwrap().frame);
        assert_eq!(packet.descriptor, expected);
    }
}

fn one_by_one(numbers: &[u16]) -> bool {
    numbers.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1))
}

#[test]
fn a_subscriber_gets_every_descriptor_as_it_was_sent() {
    let mut camera = Camera::new(CAMERA);
    camera.film(&mut [Lens::new(7, "", 65_530)], 20);
    let got = camera.got(AV1);
    assert_eq!(got.len(), 20 * usize::from(PARTS));
    as_sent(&got);
    assert!(one_by_one(&camera.numbers()), "{:?}", camera.numbers());
}

#[test]
fn a_repetition_has_the_descriptor_of_the_packet_that_it_repeats() {
    let mut camera = Camera::new(CAMERA);
    camera.film(&mut [Lens::new(7, "", 0)], 5);
    let first = camera.got(AV1);
    let lost: Vec<u16> = first.iter().map(|packet| packet.header.sequence).collect();
    let nacks = nack_pairs_from_sequence_numbers(&lost);
    let media_ssrc = first[0].header.ssrc;
    let subscriber = camera.subscriber;
    camera.world.clients[subscriber].rtcp(&TransportLayerNack { sender_ssrc: 1, media_ssrc, nacks });
    camera.world.run(Duration::from_millis(100));
    let again = camera.got(REPAIR);
    assert_eq!(again.len(), first.len());
    for (again, first) in again.iter().zip(&first) {
        assert_eq!(again.descriptor, first.descriptor);
        assert_eq!(again.payload[2..], first.payload);
    }
}

#[test]
fn a_packet_that_the_publisher_had_to_repeat_has_its_descriptor_too() {
    let mut camera = Camera::new(CAMERA);
    let mut lens = Lens::new(7, "", 0);
    camera.film(std::slice::from_mut(&mut lens), 1);
    let late = (lens.index, picture(lens.frame, 0, false));
    lens.index += 1;
    camera.send(&mut lens, &picture(1, 1, false));
    camera.world.run(Duration::from_millis(50));
    let sequence = u16::try_from(late.0).unwrap();
    let client = &mut camera.world.clients[camera.publisher];
    client.descriptor = descriptor(&late.1);
    let repetition = [&sequence.to_be_bytes()[..], late.1.as_slice()].concat();
    client.rtp(8, REPAIR, 500, lens.timestamp, "0", "", &repetition);
    camera.world.run(Duration::from_millis(50));
    let got = camera.got(AV1);
    assert_eq!(got.len(), usize::from(PARTS) + 2);
    as_sent(&got);
}

#[test]
fn on_a_limited_line_the_descriptor_waits_with_its_picture() {
    let mut camera = Camera::new(CAMERA);
    let mut lens = Lens::new(7, "", 0);
    let subscriber = camera.subscriber;
    camera.world.narrow.insert(subscriber, 300_000);
    // Twice what the line carries, until that is known; then much less.
    for _ in 0..500 {
        camera.shoot(&mut lens, true);
        camera.world.run(Duration::from_millis(20));
        if camera.world.engine.peers[subscriber].bandwidth.limited() {
            break;
        }
    }
    assert!(camera.world.engine.peers[subscriber].bandwidth.limited());
    let before = camera.got(AV1).len();
    let mut waited = 0;
    for _ in 0..100 {
        camera.shoot(&mut lens, true);
        let mut waits = false;
        for _ in 0..40 {
            camera.world.run(Duration::from_millis(5));
            waits |= !camera.world.engine.peers[subscriber].pacer.is_empty();
        }
        waited += usize::from(waits);
    }
    let got = camera.got(AV1);
    assert!(waited >= 5, "{waited} pictures waited");
    assert!(got.len() >= before + waited, "{before} packets, then {}", got.len());
    as_sent(&got);
}

#[test]
fn frame_numbers_go_on_when_the_publisher_begins_anew() {
    let mut camera = Camera::new(CAMERA);
    for (ssrc, frame) in [(7, 65_530), (8, 300), (9, 40_000)] {
        camera.film(&mut [Lens::new(ssrc, "", frame)], 10);
    }
    let numbers = camera.numbers();
    assert_eq!(numbers.len(), 30);
    assert!(one_by_one(&numbers), "{numbers:?}");
    as_sent(&camera.got(AV1));
}

#[test]
fn frame_numbers_go_on_when_another_layer_passes() {
    let mut camera = Camera::new(("0", "av1", "sendonly", &["q", "h", "f"]));
    let mut lenses = [Lens::new(100, "q", 10), Lens::new(101, "h", 20_000), Lens::new(102, "f", 50_000)];
    let mut passed = Vec::new();
    for max_layer in [2, 0, 1, 2] {
        let tuning = Tuning { paused: false, max_layer };
        camera.world.engine.tune(WALL, camera.forward, tuning);
        camera.film(&mut lenses, 30);
        let last = camera.got(AV1).pop().unwrap();
        passed.push(u16::from_be_bytes([last.payload[1], last.payload[2]]) / 10_000);
    }
    assert_eq!(passed, [5, 0, 2, 5], "each layer in its turn");
    let numbers = camera.numbers();
    assert!(numbers.len() > 100 && one_by_one(&numbers), "{numbers:?}");
    as_sent(&camera.got(AV1));
}

#[test]
fn a_structure_begins_a_key_frame_though_the_payload_does_not_say_so() {
    let mut camera = Camera::new(CAMERA);
    let mut lens = Lens::new(7, "", 0);
    let mut payload = picture(0, 0, true);
    payload[0] = 0x10;
    camera.send(&mut lens, &picture(0, 1, false));
    camera.send(&mut lens, &payload);
    camera.world.run(Duration::from_millis(50));
    let got = camera.got(AV1);
    assert_eq!(got.iter().map(|packet| &packet.payload).collect::<Vec<_>>(), [&payload]);
}

#[test]
fn a_subscriber_that_cannot_take_both_forms_gets_pictures_without_descriptors() {
    let mut camera = Camera::watched(CAMERA, |answer| answer.replace(MIXED, ""));
    camera.film(&mut [Lens::new(7, "", 0)], 10);
    let got = camera.got(AV1);
    assert_eq!(got.len(), 10 * usize::from(PARTS));
    assert!(got.iter().all(|packet| packet.descriptor.is_empty()));
}

#[test]
fn the_descriptor_is_agreed_on_where_both_forms_are_allowed_and_pictures_have_layers() {
    let mut world = World::new(1);
    let client = world.client(PeerRole::Publisher, &PROFILES);
    let offer = world.clients[client].offer(&[
        CAMERA,
        ("1", "video", "sendonly", &[]),
        ("2", "video", "recvonly", &[]),
        ("3", "audio", "sendonly", &[]),
    ]);
    let mut answered = |offer: &str| {
        let answer = world.engine.offer(WALL, id(client), offer, &[]).unwrap().sdp;
        let sections = answer.split("\r\nm=").skip(1);
        (answer.matches(MIXED).count(), sections.map(|text| text.matches(URI).count()).collect::<Vec<_>>())
    };
    assert_eq!(answered(&offer), (1, vec![1, 0, 1, 0]), "not for VP8 that the client sends, nor for sound");
    assert_eq!(answered(&offer.replace(MIXED, "")), (0, vec![0; 4]));
    let ids = |id: &str| offer.replace("a=extmap:12 ", &format!("a=extmap:{id} "));
    assert_eq!(answered(&ids("16")), (1, vec![1, 0, 1, 0]), "as livekit-client has it once 14 are taken");
    assert_eq!(answered(&ids("15")), (1, vec![0; 4]), "no id where both forms are in use");
}
