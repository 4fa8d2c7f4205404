//! Simulcast: which layer passes, and that the subscriber never sees the seams.

use std::time::Duration;

use rtc_rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc_rtcp::sender_report::SenderReport;

use super::world::{PROFILES, WALL, World, id, vp8};
use crate::media::double::Client;
use crate::room::media::{ForwardId, Media, MediaEvent, MediaKind, PeerRole, Tuning};

const SIMULCAST: (&str, &str, &str, &[&str]) = ("0", "video", "sendonly", &["q", "h", "f"]);

/// A publisher of three layers, each with numbers of its own, that answers requests for key frames.
struct Camera {
    world: World,
    publisher: usize,
    subscriber: usize,
    forward: ForwardId,
    frame: u32,
    alive: [bool; 3],
    key: [bool; 3],
    requests: usize,
}

impl Camera {
    fn new() -> Self {
        let mut world = World::new(2);
        let publisher = world.publisher(&[SIMULCAST]);
        let (subscriber, forward) = world.subscriber(publisher, "0", MediaKind::Video);
        assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
        Self {
            world,
            publisher,
            subscriber,
            forward,
            frame: 0,
            alive: [true; 3],
            key: [true; 3],
            requests: 0,
        }
    }

    /// Sends frames of all living layers, 25 a second, two packets each.
    fn film(&mut self, frames: u32) {
        for _ in 0..frames {
            for layer in 0..3_u32 {
                let at = usize::try_from(layer).unwrap();
                if !self.alive[at] {
                    continue;
                }
                let key = std::mem::take(&mut self.key[at]);
                // Layer names go with the first packets only.
                let (mid, rid) = if self.frame < 3 { ("0", ["q", "h", "f"][at]) } else { ("", "") };
                let picture = u16::try_from(self.frame + 1000 * layer).unwrap() & 0x7FFF;
                let timestamp = self.frame * 3600 + 1_000_000 * layer;
                for part in 0..2_u32 {
                    let mut payload = vp8(picture, u8::try_from(self.frame % 200).unwrap(), key);
                    if part == 1 {
                        payload[0] = 0x80;
                    }
                    let index = u64::from(1000 * (layer + 1) + self.frame * 2 + part);
                    self.world.clients[self.publisher].rtp(
                        100 + layer,
                        96,
                        index,
                        timestamp,
                        mid,
                        rid,
                        &payload,
                    );
                }
            }
            self.frame += 1;
            self.world.run(Duration::from_millis(40));
            for packet in std::mem::take(&mut self.world.clients[self.publisher].feedback) {
                // Payload-specific feedback, format 1: a picture loss indication for one layer.
                if packet[0] & 0x1F == 1 && packet[1] == 206 {
                    let layer = usize::from(packet[11]) - 100;
                    self.key[layer] = true;
                    self.requests += 1;
                }
            }
        }
    }

    fn tune(&mut self, max_layer: u8) {
        self.world.engine.tune(WALL, self.forward, Tuning { paused: false, max_layer });
    }

    fn sender_reports(&mut self) {
        for layer in 0..3_u32 {
            let report = SenderReport {
                ssrc: 100 + layer,
                ntp_time: (1_000_000_u64 << 32) + (u64::from(self.frame) << 32) * 40 / 1000,
                rtp_time: self.frame * 3600 + 1_000_000 * layer,
                ..SenderReport::default()
            };
            self.world.clients[self.publisher].rtcp(&report);
        }
    }

    /// The layer of each packet received: its picture shows it in the payload of the double.
    fn seamless(&self) {
        let got = &self.world.clients[self.subscriber].received;
        for pair in got.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert_eq!(after.header.sequence, before.header.sequence.wrapping_add(1));
            let picture = |payload: &[u8]| u16::from_be_bytes([payload[2] & 0x7F, payload[3]]);
            let step = picture(&after.payload).wrapping_sub(picture(&before.payload)) & 0x7FFF;
            assert!(step <= 1, "pictures {} then {}", picture(&before.payload), picture(&after.payload));
            let base = after.payload[4].wrapping_sub(before.payload[4]);
            assert!(base <= 1 || base == 57, "the counter of the double wraps at 200: {base}");
            let time = after.header.timestamp.wrapping_sub(before.header.timestamp);
            assert!(time < 9000, "{time} ticks");
            assert_eq!(after.header.ssrc, before.header.ssrc);
        }
    }

    fn current(&self) -> Option<usize> {
        self.world.engine.forwards.iter().next().and_then(|(_, forward)| forward.era.map(|era| era.layer))
    }
}

#[test]
fn the_best_layer_wanted_passes_and_switches_show_no_seam() {
    let mut camera = Camera::new();
    camera.film(30);
    assert_eq!(camera.current(), Some(2));
    for layer in [0, 2, 1, 0, 2] {
        camera.sender_reports();
        camera.tune(layer);
        camera.film(40);
        assert_eq!(camera.current(), Some(usize::from(layer)));
    }
    assert!(camera.world.clients[camera.subscriber].received.len() > 400);
    camera.seamless();
}

#[test]
fn without_sender_reports_time_still_goes_on_evenly() {
    let mut camera = Camera::new();
    camera.film(30);
    for layer in [0, 2, 1] {
        camera.tune(layer);
        camera.film(30);
    }
    camera.seamless();
}

#[test]
fn when_the_publisher_stops_its_top_layer_the_next_one_takes_over_and_back() {
    let mut camera = Camera::new();
    camera.film(30);
    camera.alive[2] = false;
    camera.film(60);
    assert_eq!(camera.current(), Some(1));
    camera.alive[2] = true;
    camera.film(60);
    assert_eq!(camera.current(), Some(2));
    let names = camera.world.clients[camera.subscriber].received.len();
    assert!(names > 150);
}

#[test]
fn a_slide_that_is_sent_once_in_a_while_stays_sharp() {
    let mut camera = Camera::new();
    camera.film(30);
    let mut slides = |frames: u32| {
        for frame in 0..frames {
            // Three small pictures a second, a large one every 1.2 s, as of a screen without motion.
            camera.alive = [frame.is_multiple_of(8), false, frame.is_multiple_of(30)];
            camera.film(1);
        }
        (camera.current(), camera.requests)
    };
    let (_, before) = slides(250);
    for _ in 0..100 {
        let (layer, requests) = slides(30);
        assert_eq!((layer, requests - before), (Some(2), 0));
    }
}

#[test]
fn layers_are_recognised_after_every_renegotiation() {
    let mut camera = Camera::new();
    camera.film(30);
    for _ in 0..3 {
        let publisher = camera.publisher;
        camera.world.offer(publisher, &[SIMULCAST]);
        camera.film(20);
    }
    camera.world.offer(camera.publisher, &[SIMULCAST, ("1", "audio", "sendonly", &[])]);
    camera.film(20);
    camera.tune(0);
    camera.film(30);
    assert_eq!(camera.current(), Some(0));
    camera.seamless();
    let live =
        camera.world.events.iter().filter(|event| matches!(event, MediaEvent::TrackLive { .. })).count();
    assert_eq!(live, 1);
}

#[test]
fn many_subscribers_asking_for_key_frames_cost_the_publisher_two_a_second() {
    let mut camera = Camera::new();
    camera.film(30);
    let before = camera.requests;
    for _ in 0..25 {
        camera.sender_reports();
        for _ in 0..10 {
            miss(&mut camera);
        }
        camera.film(4);
    }
    let asked = camera.requests - before;
    assert!((5..=10).contains(&asked), "{asked} requests in four seconds");
}

#[test]
fn the_publisher_is_told_which_layers_nobody_wants_and_at_once_when_somebody_does() {
    let mut camera = Camera::new();
    camera.film(10);
    camera.tune(0);
    camera.film(20);
    let wanted = |camera: &Camera| {
        let last = |event: &MediaEvent| match event {
            MediaEvent::Wanted { layers, .. } => Some(*layers),
            _ => None,
        };
        camera.world.events.iter().rev().find_map(last)
    };
    assert_eq!(wanted(&camera), None, "not yet: it may come back");
    camera.film(80);
    assert_eq!(wanted(&camera), Some(0b001));
    camera.tune(1);
    camera.film(5);
    assert_eq!(wanted(&camera), Some(0b011));
}

#[test]
fn a_publisher_that_does_not_send_a_layer_that_is_wanted_is_reminded_and_otherwise_left_alone() {
    let mut camera = Camera::new();
    let reminders = |camera: &Camera| {
        camera.world.events.iter().filter(|event| matches!(event, MediaEvent::Wanted { .. })).count()
    };
    camera.film(300);
    assert_eq!(reminders(&camera), 0, "all is there that is wanted");
    camera.alive = [false; 3];
    camera.film(25 * 21);
    assert!((3..=5).contains(&reminders(&camera)), "{} in twenty seconds", reminders(&camera));
    let before = reminders(&camera);
    camera.alive = [true; 3];
    camera.film(25 * 10);
    assert_eq!(reminders(&camera), before);
    assert_eq!(camera.current(), Some(2), "and the picture is back");
}

/// A picture was lost at the subscriber.
fn miss(camera: &mut Camera) {
    let source = camera.world.clients[camera.subscriber].received[0].header.ssrc;
    let loss = PictureLossIndication { sender_ssrc: 1, media_ssrc: source };
    camera.world.clients[camera.subscriber].rtcp(&loss);
}

#[test]
fn a_layer_that_has_stopped_is_asked_for_nothing() {
    let mut camera = Camera::new();
    camera.film(30);
    assert_eq!(camera.current(), Some(2));
    camera.alive[2] = false;
    camera.film(5);
    miss(&mut camera);
    camera.film(60);
    let before = camera.requests;
    camera.film(100);
    assert_eq!((camera.current(), camera.requests), (Some(1), before));
}

#[test]
fn a_picture_that_does_not_move_is_asked_for_whole_all_the_same() {
    let mut camera = Camera::new();
    camera.film(30);
    camera.alive = [false; 3];
    camera.film(300);
    let before = camera.requests;
    miss(&mut camera);
    camera.film(5);
    assert!(camera.requests > before);
}

#[test]
fn a_layer_that_comes_back_passes_from_its_first_key_frame_on() {
    let mut camera = Camera::new();
    camera.film(30);
    camera.alive[2] = false;
    camera.film(60);
    let before = camera.requests;
    (camera.alive[2], camera.key[2]) = (true, true);
    camera.film(1);
    assert_eq!(camera.current(), Some(2), "at once");
    camera.film(60);
    assert_eq!((camera.current(), camera.requests), (Some(2), before), "and no second one is asked for");
}

#[test]
fn whoever_cannot_be_reached_costs_the_others_no_key_frames() {
    let mut camera = Camera::new();
    camera.film(30);
    let before = camera.requests;
    let blocked = camera.world.client(PeerRole::Subscriber, &PROFILES);
    // Longer than a handshake may take.
    let end = camera.world.now + Duration::from_secs(35);
    camera.world.stalled.insert(Some(blocked), end);
    camera.world.forward(blocked, camera.publisher, "0", MediaKind::Video);
    camera.world.renegotiate(blocked, false);
    camera.film(100);
    assert_eq!(camera.requests, before);
    camera.film(1000);
    assert!(camera.world.clients[blocked].connected(), "now it can");
    let up = MediaEvent::Connected { peer: id(blocked) };
    assert_eq!((camera.world.told(&MediaEvent::Lost { peer: id(blocked) }), camera.world.told(&up)), (1, 1));
    assert!(!camera.world.clients[blocked].received.is_empty());
    assert!(camera.requests - before <= 2, "{} requests", camera.requests - before);
}

#[test]
fn whoever_does_not_know_the_codec_is_told_and_costs_the_others_no_key_frames() {
    let mut camera = Camera::new();
    let blind = camera.world.client(PeerRole::Subscriber, &PROFILES);
    let forward = camera.world.forward(blind, camera.publisher, "0", MediaKind::Video);
    let offer = camera.world.engine.create_offer(WALL, id(blind), false).unwrap();
    let answer = camera.world.clients[blind].answer(&offer).replace("VP8/90000", "VP0/90000");
    camera.world.engine.answer(WALL, id(blind), &answer).unwrap();
    camera.film(30);
    let before = camera.requests;
    camera.film(100);
    assert!(camera.world.clients[blind].connected());
    assert_eq!(camera.requests, before);
    assert_eq!(camera.world.told(&MediaEvent::Unsupported { peer: id(blind), forward }), 1);
    assert_eq!(
        camera.world.told(&MediaEvent::Unsupported { peer: id(camera.subscriber), forward: camera.forward }),
        0
    );
}

#[test]
fn a_publisher_is_not_told_to_stop_while_those_who_want_its_picture_have_not_answered_yet() {
    let mut camera = Camera::new();
    camera.film(10);
    camera.world.engine.unforward(camera.forward);
    let slow = camera.world.client(PeerRole::Subscriber, &PROFILES);
    camera.world.forward(slow, camera.publisher, "0", MediaKind::Video);
    camera.film(250);
    let stops = camera.world.events.iter().filter(|event| matches!(event, MediaEvent::Wanted { .. }));
    assert_eq!(stops.count(), 0);
}
