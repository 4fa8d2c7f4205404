//! Narrow lines: sound first, the picture as good as there is room for, and back when there is.

use std::time::Duration;

use super::speech::{SECTIONS, Speech};
use super::world::id;
use crate::media::Limits;
use crate::room::media::{MediaEvent, MediaKind};

#[test]
fn on_a_wide_line_nothing_is_ever_held_back() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(20));
    assert_eq!(speech.layer(), Some(2));
    assert_eq!(speech.pauses(), 0);
    assert_eq!(speech.world.engine.peers[speech.listener].bandwidth.capacity(), None, "no limit was seen");
}

#[test]
fn on_a_narrow_line_speech_stays_whole_and_the_picture_returns_with_the_room() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(3));
    speech.world.narrow.insert(speech.listener, 300_000);
    speech.speak(Duration::from_secs(3));
    speech.heard();
    for _ in 0..4 {
        speech.speak(Duration::from_secs(10));
        let heard = speech.heard();
        assert!(heard >= 495, "{heard} of 500 packets of sound");
        assert_ne!(speech.layer(), Some(2));
        assert_ne!(speech.layer(), Some(1));
    }
    speech.world.narrow.clear();
    speech.speak(Duration::from_secs(10));
    assert_eq!(speech.layer(), Some(2), "ten seconds later all is as before");
}

#[test]
fn slides_that_change_on_a_narrow_line_cost_no_speech() {
    // What the line drops hangs on where slides and pictures are when it becomes narrow.
    let begins = (0..10).flat_map(|step| [5000 + 20 * step, 11_900 + 20 * step]);
    for begins in begins {
        let mut speech = Speech::with_slides();
        speech.speak(Duration::from_millis(begins));
        speech.heard();
        speech.world.narrow.insert(speech.listener, 300_000);
        speech.speak(Duration::from_secs(3));
        let heard = speech.heard();
        assert!(heard >= 135, "{heard} of 150 packets of sound while the line became narrow");
        speech.speak(Duration::from_mins(1));
        let heard = speech.heard();
        assert!(heard >= 2985, "{heard} of 3000 packets of sound, narrow after {begins} ms");
    }
}

#[test]
fn a_line_too_narrow_for_any_picture_still_carries_speech() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(3));
    speech.world.narrow.insert(speech.listener, 100_000);
    speech.speak(Duration::from_secs(5));
    speech.heard();
    speech.speak(Duration::from_secs(20));
    let heard = speech.heard();
    assert!(
        heard >= 990,
        "{heard} of 1000 packets of sound, although the line is asked for more every few seconds"
    );
    assert!(speech.world.events.iter().any(|event| {
        matches!(event, MediaEvent::Paused { peer, paused: true, .. } if *peer == id(speech.listener))
    }));
    speech.world.narrow.clear();
    speech.speak(Duration::from_secs(15));
    assert_eq!(speech.layer(), Some(2), "it has to find its way up from far below");
}

#[test]
fn forty_microphones_in_which_nobody_speaks_take_no_room_from_the_picture() {
    let mut speech = Speech::new();
    let mids: Vec<String> = (10..50).map(|mid| mid.to_string()).collect();
    let mut sections = SECTIONS.to_vec();
    sections.extend(mids.iter().map(|mid| (mid.as_str(), "audio", "sendonly", &[][..])));
    speech.world.offer(speech.speaker, &sections);
    for mid in &mids {
        speech.world.forward(speech.listener, speech.speaker, mid, MediaKind::Audio);
    }
    speech.world.renegotiate(speech.listener, false);
    speech.speak(Duration::from_secs(3));
    speech.world.narrow.insert(speech.listener, 300_000);
    speech.speak(Duration::from_secs(15));
    speech.seen();
    speech.speak(Duration::from_secs(10));
    assert!(speech.seen() > 240, "a small picture fits beside one voice");
}

#[test]
fn a_narrow_line_that_also_loses_packets_finds_its_way_up_when_it_widens() {
    for seed in 1..6 {
        let mut speech = Speech::seeded(seed);
        speech.world.loss = 50;
        speech.speak(Duration::from_secs(3));
        speech.world.narrow.insert(speech.listener, 300_000);
        speech.speak(Duration::from_secs(20));
        speech.world.narrow.clear();
        // Twelve seconds on average over fifty seeds: one probe in two is cut short by a lost packet.
        let back = (0..40).any(|_| {
            speech.speak(Duration::from_secs(1));
            speech.layer() == Some(2)
        });
        assert!(back, "seed {seed}");
    }
}

#[test]
fn a_lossy_line_is_not_taken_for_a_narrow_one() {
    let mut speech = Speech::new();
    speech.world.loss = 50;
    speech.speak(Duration::from_secs(20));
    assert_eq!(speech.pauses(), 0);
    assert_eq!(speech.layer(), Some(2));
}

#[test]
fn what_a_packet_costs_a_line_counts_with_ip_and_udp() {
    let mut speech = Speech::new();
    speech.speak(Duration::from_secs(3));
    let listener = speech.listener;
    let stamp = speech.world.engine.stamp(speech.world.now);
    let engine = &mut speech.world.engine;
    let (_, camera) = engine.forwards.iter_mut().find(|(_, f)| f.kind == MediaKind::Video).expect("a camera");
    let peer = &mut engine.peers[listener];
    let counted = camera.pad(stamp, peer, 255);
    let mut left = Vec::new();
    peer.egress.drain(|bytes, _| left.push(bytes.len() + 28));
    assert_eq!(left, [counted.expect("padding")]);
}

#[test]
fn sound_is_taken_to_need_what_it_needs_on_the_line() {
    let mut speech = Speech::new();
    speech.world.engine.forwards.iter_mut().for_each(|(_, f)| f.tuning.paused = f.kind == MediaKind::Video);
    for repeated in [false, true] {
        speech.world.engine.tracks.iter_mut().for_each(|(_, track)| track.sound.redundant = repeated);
        speech.speak(Duration::from_secs(5));
        speech.world.carried.clear();
        speech.speak(Duration::from_secs(10));
        let carried = speech.world.carried[&speech.listener] * 8 / 10;
        let mut tracks = speech.world.engine.tracks.iter();
        let (_, microphone) = tracks.find(|(_, track)| track.kind == MediaKind::Audio).expect("a microphone");
        let once = usize::try_from(microphone.layers[0].bitrate).unwrap();
        let taken = if repeated { once + once / 2 } else { once };
        assert!(
            (carried * 9 / 10..carried * 11 / 10).contains(&taken),
            "{taken} for {carried} bits per second"
        );
    }
}

#[test]
fn a_line_that_narrows_while_it_is_probed_is_not_probed_on() {
    for moment in 0..40 {
        let mut speech = Speech::new();
        speech.speak(Duration::from_secs(2));
        speech.world.narrow.insert(speech.listener, 1_200_000);
        speech.speak(Duration::from_millis(5000 + 60 * moment));
        speech.world.narrow.insert(speech.listener, 150_000);
        let mut known = u64::MAX;
        let mut fell = None;
        for step in 0..100 {
            speech.speak(Duration::from_millis(20));
            let bandwidth = &speech.world.engine.peers[speech.listener].bandwidth;
            let (capacity, pace) =
                (bandwidth.capacity().unwrap_or(u64::MAX), bandwidth.pace(speech.world.now));
            if fell.is_none() && capacity < known / 2 && capacity < 400_000 {
                fell = Some(step);
            }
            if fell.is_some_and(|at| step <= at + 10) {
                assert!(pace <= Some(capacity), "{pace:?} of {capacity}, narrow at moment {moment}");
            }
            known = capacity;
        }
        assert!(fell.is_some(), "the line was seen to become narrow");
    }
}

#[test]
fn whoever_calls_a_flood_sound_is_passed_on_no_faster_than_sound_may_be() {
    let mut speech = Speech::new();
    let liar = speech.world.publisher(&[("0", "audio", "sendonly", &[])]);
    speech.world.forward(speech.listener, liar, "0", MediaKind::Audio);
    speech.world.renegotiate(speech.listener, false);
    speech.speak(Duration::from_secs(1));
    let (mut honest, mut flood) = (0, 0);
    for number in 0..500_u32 {
        // Three megabits a second.
        for part in 0..7 {
            let index = u64::from(7 * number + part);
            speech.world.clients[liar].rtp(10, 111, index, number * 960, "0", "", &[3; 1100]);
        }
        speech.speak(Duration::from_millis(20));
        for packet in std::mem::take(&mut speech.world.clients[speech.listener].received) {
            match (packet.header.payload_type, packet.payload.len()) {
                // A frame, or two and their heads.
                (63, 165) | (111, 80) => honest += 1,
                (63 | 111, bytes) => flood += bytes,
                _ => {}
            }
        }
    }
    assert!(honest >= 499, "{honest} of 500");
    // What it had saved up in the first second, and ten.
    let most = 11 * usize::try_from(Limits::default().sound_bytes).unwrap();
    assert!((most / 2..=most).contains(&flood), "{flood} bytes");
}
