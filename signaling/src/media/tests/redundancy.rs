//! Speech that carries what went before it once more.

use std::time::Duration;

use super::speech;
use super::world::{PROFILES, WALL, World, id};
use crate::media::double::Client;
use crate::media::red::{Older, newest, older};
use crate::room::media::{Media as _, MediaKind, PeerRole};

const MICROPHONE: (&str, &str, &str, &[&str]) = ("0", "audio", "sendonly", &[]);
const OPUS: u8 = 111;
const RED: u8 = 63;

/// A speaker, one who knows RED and one who does not.
struct Speech {
    world: World,
    speaker: usize,
    knows: usize,
    does_not: usize,
}

impl Speech {
    fn new() -> Self {
        let mut world = World::new(1);
        let speaker = world.publisher(&[MICROPHONE]);
        let mut listen = |without: bool| {
            let index = world.client(PeerRole::Subscriber, &PROFILES);
            world.forward(index, speaker, "0", MediaKind::Audio);
            let offer = world.engine.create_offer(WALL, id(index), false).unwrap();
            let answer = world.clients[index].answer(&offer);
            let answer = if without { answer.replace("SAVPF 111 63", "SAVPF 111") } else { answer };
            world.engine.answer(WALL, id(index), &answer).unwrap();
            index
        };
        let (knows, does_not) = (listen(false), listen(true));
        assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
        Self { world, speaker, knows, does_not }
    }

    /// Frame `number` of the speech, twenty milliseconds long, as the speaker sends it.
    fn say(&mut self, payload_type: u8, number: u8, payload: &[u8]) {
        let (index, timestamp) = (u64::from(number), u32::from(number) * 960);
        self.world.clients[self.speaker].rtp(5, payload_type, index, timestamp, "0", "", payload);
        self.world.run(Duration::from_millis(20));
    }

    /// What a listener got, once all has arrived: how many packets after the first, type and payload.
    fn got(&mut self, listener: usize) -> Vec<(u64, u8, Vec<u8>)> {
        self.world.run(Duration::from_millis(200));
        let received = &self.world.clients[listener].received;
        let first = received.first().map_or(0, |packet| packet.header.sequence);
        let place = |sequence: u16| u64::from(sequence.wrapping_sub(first));
        let told = received.iter().map(|packet| {
            (place(packet.header.sequence), packet.header.payload_type, packet.payload.clone())
        });
        told.collect()
    }
}

/// Frame `number`, and how it looks in RED with those before it.
fn frame(number: u8) -> Vec<u8> {
    vec![number; 3]
}

fn red(number: u8, depth: u8) -> Vec<u8> {
    let mut payload = Vec::new();
    for back in (1..=depth).rev() {
        let [high, low] = (u16::from(back) * (960 << 2)).to_be_bytes();
        payload.extend([0x80 | OPUS, high, low, 3]);
    }
    payload.push(OPUS);
    for before in (0..=depth).rev() {
        payload.extend(frame(number - before));
    }
    payload
}

#[test]
fn what_is_lost_on_the_way_from_a_speaker_is_put_back_from_the_next_packet_for_everybody() {
    let mut speech = Speech::new();
    for number in 10..30 {
        // Every fifth is lost.
        if number % 5 != 3 {
            speech.say(RED, number, &red(number, 1));
        }
    }
    let heard = speech.got(speech.does_not);
    let expected: Vec<_> =
        (0..20).map(|place| (place, OPUS, frame(10 + u8::try_from(place).unwrap()))).collect();
    assert_eq!(heard, expected);
    let heard = speech.got(speech.knows);
    assert!(heard.iter().map(|(place, ..)| *place).eq(0..20), "{heard:?}");
    assert!(heard.iter().all(|(place, kind, payload)| {
        *kind == RED && newest(payload) == Some(&frame(10 + u8::try_from(*place).unwrap()))
    }));
}

#[test]
fn two_lost_in_a_row_are_put_back_where_the_speaker_repeats_two() {
    let mut speech = Speech::new();
    for number in [10, 11, 14, 15] {
        speech.say(RED, number, &red(number, 2));
    }
    let heard: Vec<_> = speech.got(speech.does_not).into_iter().map(|(_, _, payload)| payload).collect();
    assert_eq!(heard, (10..=15).map(frame).collect::<Vec<_>>());
}

#[test]
fn a_packet_that_comes_after_it_was_put_back_is_not_sent_twice_under_one_number() {
    let mut speech = Speech::new();
    for number in [10, 12, 11, 13] {
        speech.say(RED, number, &red(number, 1));
    }
    for listener in [speech.does_not, speech.knows] {
        let places: Vec<_> = speech.got(listener).into_iter().map(|(place, ..)| place).collect();
        assert_eq!(places, [0, 1, 2, 3]);
    }
}

#[test]
fn a_packet_that_claims_to_repeat_hundreds_puts_back_no_more_than_two() {
    let mut speech = Speech::new();
    speech.say(RED, 10, &red(10, 1));
    let mut lie = [0x80 | OPUS, 0x0F, 0x00, 0x01].repeat(150);
    lie.push(OPUS);
    lie.extend([7; 160]);
    speech.say(RED, 200, &lie);
    assert_eq!(speech.got(speech.does_not).len(), 4);
}

#[test]
fn one_who_knows_red_hears_a_speaker_who_does_not_with_every_frame_twice() {
    let mut speech = Speech::new();
    // Nothing stands before the first, and 12 is lost.
    for number in [10, 11, 13, 14] {
        speech.say(OPUS, number, &frame(number));
    }
    let heard = speech.got(speech.knows);
    let seen: Vec<_> = heard
        .iter()
        .map(|(place, kind, payload)| match *kind {
            RED => (*place, newest(payload).unwrap().to_vec(), older(payload)[0]),
            _ => (*place, payload.clone(), None),
        })
        .collect();
    let (ten, thirteen) = (frame(10), frame(13));
    let before = |frame| Some(Older { distance: 1, back: 960, frame });
    assert_eq!(
        seen,
        [
            (0, frame(10), None),
            (1, frame(11), before(&ten)),
            (3, frame(13), None),
            (4, frame(14), before(&thirteen))
        ]
    );
    let heard = speech.got(speech.does_not);
    assert!(heard.iter().all(|(_, kind, payload)| *kind == OPUS && payload.len() == 3), "{heard:?}");
}

#[test]
fn nothing_is_repeated_that_was_said_while_the_speaker_was_silenced_or_in_another_form() {
    let mut speech = Speech::new();
    let said = |speech: &mut Speech| {
        let heard = speech.got(speech.knows);
        speech.world.clients[speech.knows].received.clear();
        heard.into_iter().map(|(_, kind, payload)| (kind, payload)).collect::<Vec<_>>()
    };
    speech.say(OPUS, 10, &frame(10));
    assert_eq!(said(&mut speech), [(OPUS, frame(10))]);
    speech.world.engine.silence(id(speech.speaker), "0", true);
    speech.say(OPUS, 11, &frame(11));
    speech.world.engine.silence(id(speech.speaker), "0", false);
    speech.say(OPUS, 12, &frame(12));
    assert_eq!(said(&mut speech), [(OPUS, frame(12))]);
    speech.say(RED, 13, &red(13, 1));
    speech.say(OPUS, 14, &frame(14));
    assert_eq!(said(&mut speech), [(RED, red(13, 1)), (OPUS, frame(14))]);
}

#[test]
fn on_a_thin_line_every_frame_is_said_once() {
    let mut speech = speech::Speech::new();
    let repeated = |speech: &mut speech::Speech| {
        let received = std::mem::take(&mut speech.world.clients[speech.listener].received);
        let mut kinds = received.iter().map(|packet| packet.header.payload_type);
        kinds.rfind(|kind| [OPUS, RED].contains(kind)) == Some(RED)
    };
    speech.speak(Duration::from_secs(3));
    assert!(repeated(&mut speech));
    speech.world.narrow.insert(speech.listener, 300_000);
    speech.speak(Duration::from_secs(10));
    assert!(!repeated(&mut speech));
    speech.world.narrow.clear();
    speech.speak(Duration::from_secs(20));
    assert!(repeated(&mut speech));
}

#[test]
fn a_line_with_room_for_speech_once_and_not_twice_keeps_its_limit() {
    let mut speech = speech::Speech::new();
    let mids: Vec<String> = (10..15).map(|mid| mid.to_string()).collect();
    let mut sections = speech::SECTIONS.to_vec();
    sections.extend(mids.iter().map(|mid| (mid.as_str(), "audio", "sendonly", &[][..])));
    speech.world.offer(speech.speaker, &sections);
    for mid in &mids {
        speech.world.forward(speech.listener, speech.speaker, mid, MediaKind::Audio);
    }
    speech.world.renegotiate(speech.listener, false);
    // Six voices and the smallest picture take 550 kbit/s; said twice, 730.
    for (_, forward) in speech.world.engine.forwards.iter_mut().filter(|(_, f)| f.kind == MediaKind::Video) {
        forward.tuning.max_layer = 0;
    }
    let mut number = 0;
    let mut talk = |speech: &mut speech::Speech, seconds: u32| {
        for _ in 0..50 * seconds {
            number += 1;
            for (mid, ssrc) in mids.iter().zip(50..) {
                let client = &mut speech.world.clients[speech.speaker];
                client.rtp(ssrc, OPUS, u64::from(number), number * 960, mid, "", &[3; 80]);
            }
            speech.speak(Duration::from_millis(20));
        }
    };
    talk(&mut speech, 3);
    speech.world.narrow.insert(speech.listener, 500_000);
    talk(&mut speech, 10);
    speech.world.narrow.insert(speech.listener, 650_000);
    talk(&mut speech, 30);
    speech.heard();
    talk(&mut speech, 10);
    let heard = speech.heard();
    assert!(heard >= 2980, "{heard} of 3000 packets of sound");
}

#[test]
fn what_a_packet_repeats_is_put_back_even_when_it_comes_too_late_itself() {
    let mut speech = Speech::new();
    // 11 is lost, 12 is overtaken by 13: only 12 carries 11.
    for number in [10, 13, 12, 14] {
        speech.say(RED, number, &red(number, 1));
    }
    let mut places: Vec<_> = speech.got(speech.does_not).into_iter().map(|(place, ..)| place).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 3, 4]);
}

#[test]
fn music_is_not_repeated() {
    let mut speech = Speech::new();
    let long = vec![7; 700];
    for number in 10..14 {
        speech.say(OPUS, number, &long);
    }
    let heard = speech.got(speech.knows);
    assert_eq!(heard.len(), 4);
    assert!(heard.iter().all(|(_, kind, payload)| *kind == OPUS && *payload == long));
}

#[test]
fn speech_that_may_not_be_read_passes_as_it_came() {
    let mut speech = Speech::new();
    speech.world.engine.tracks.iter_mut().for_each(|(_, track)| track.sound.redundant = false);
    for number in 10..15 {
        speech.say(OPUS, number, &frame(number));
    }
    // What would be 15 in plain speech may be anything in another.
    speech.say(RED, 16, &red(16, 1));
    let heard: Vec<_> =
        speech.got(speech.knows).into_iter().map(|(_, kind, payload)| (kind, payload)).collect();
    let plain = (10..15).map(|number| (OPUS, frame(number)));
    assert_eq!(heard, plain.chain([(RED, red(16, 1))]).collect::<Vec<_>>());
}
