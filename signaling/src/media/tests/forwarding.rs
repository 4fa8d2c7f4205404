//! What reaches a subscriber, and what it costs when the line loses packets.

use std::collections::HashSet;
use std::time::Duration;

use rtc_rtcp::transport_feedbacks::transport_layer_nack::{
    NackPair, TransportLayerNack, nack_pairs_from_sequence_numbers,
};

use super::world::{PROFILES, WALL, World, id, vp8};
use crate::media::double::Client;
use crate::room::media::{CodecWish, Media, MediaEvent, MediaKind, PeerRole, Tuning};

const CAMERA: (&str, &str, &str, &[&str]) = ("0", "video", "sendonly", &[]);
const MICROPHONE: (&str, &str, &str, &[&str]) = ("1", "audio", "sendonly", &[]);

/// Sequence numbers that a client got from one source, repairs unwrapped, in order of arrival.
fn sequences(client: &Client, payload_type: u8, repair: u8) -> Vec<u16> {
    client
        .received
        .iter()
        .filter_map(|packet| match packet.header.payload_type {
            own if own == payload_type => Some(packet.header.sequence),
            own if own == repair => Some(u16::from_be_bytes([packet.payload[0], packet.payload[1]])),
            _ => None,
        })
        .collect()
}

fn missing(mut got: Vec<u16>) -> Vec<u16> {
    got.sort_unstable();
    let (Some(first), Some(last)) = (got.first().copied(), got.last().copied()) else { return Vec::new() };
    (first..=last).filter(|sequence| got.binary_search(sequence).is_err()).collect()
}

#[test]
fn whoever_is_asked_for_much_is_asked_in_datagrams_that_every_line_takes() {
    let mut world = World::new(6);
    let mids: Vec<String> = (0..8).map(|mid| mid.to_string()).collect();
    let sections: Vec<_> = mids.iter().map(|mid| (mid.as_str(), "video", "sendonly", &[][..])).collect();
    let publisher = world.publisher(&sections);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    // Of each picture a packet in eighteen is missing: the bits behind a number in a request reach seventeen on.
    for index in (0..1800).filter(|index| index % 18 != 17) {
        for (ssrc, mid) in (10..).zip(&mids) {
            world.clients[publisher].rtp(ssrc, 96, 1000 + index, 0, mid, "", &vp8(0, 0, index == 0));
        }
    }
    world.run(Duration::from_millis(200));
    let mut asked = HashSet::new();
    for compound in &world.clients[publisher].feedback {
        assert!(compound.len() <= 1200, "{} bytes", compound.len());
        for packet in rtc_rtcp::packet::unmarshal(&mut &compound[..]).unwrap() {
            let Some(nack) = packet.as_any().downcast_ref::<TransportLayerNack>() else { continue };
            let lost = nack.nacks.iter().flat_map(NackPair::packet_list);
            asked.extend(lost.map(|sequence| (nack.media_ssrc, sequence)));
        }
    }
    let all = (10..18).flat_map(|ssrc| (0..99_u16).map(move |gap| (ssrc, 1017 + 18 * gap)));
    assert_eq!(asked, all.collect::<HashSet<_>>());
}

#[test]
fn loss_on_both_legs_is_repaired_with_few_repetitions() {
    let mut world = World::new(5);
    let publisher = world.publisher(&[CAMERA]);
    let (subscriber, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    world.clients[publisher].rtp(7, 96, 100, 0, "0", "", &vp8(0, 0, true));
    world.run(Duration::from_millis(100));
    world.loss = 50;
    let mut repaired_up = 0;
    let mut repair_index = 500;
    let mut sent = vec![vp8(0, 0, true)];
    for step in 1..1600_u16 {
        // A moment of silence at the end lets the last repetitions through.
        if step < 1500 || step == 1550 {
            let payload = vp8(step, 0, false);
            let index = 100 + u64::try_from(sent.len()).unwrap();
            sent.push(payload.clone());
            world.clients[publisher].rtp(7, 96, index, u32::from(step) * 300, "0", "", &payload);
        }
        world.run(Duration::from_millis(5));
        // The publisher answers requests with retransmissions of its own.
        for feedback in std::mem::take(&mut world.clients[publisher].feedback) {
            let Ok(packets) = rtc_rtcp::packet::unmarshal(&mut &feedback[..]) else { continue };
            for packet in packets {
                let Some(nack) = packet.as_any().downcast_ref::<TransportLayerNack>() else { continue };
                for sequence in nack.nacks.iter().flat_map(NackPair::packet_list) {
                    let payload = &sent[usize::from(sequence) - 100];
                    let mut body = sequence.to_be_bytes().to_vec();
                    body.extend_from_slice(payload);
                    world.clients[publisher].rtp(8, 97, repair_index, 0, "0", "", &body);
                    repair_index += 1;
                    repaired_up += 1;
                }
            }
        }
        // The subscriber asks for what it misses, ten times a second.
        if step % 20 == 0 {
            ask(&mut world, subscriber);
        }
    }
    world.loss = 0;
    for _ in 0..10 {
        ask(&mut world, subscriber);
        world.run(Duration::from_millis(100));
    }
    let got = sequences(&world.clients[subscriber], 96, 97);
    assert_eq!(missing(got.clone()), [0_u16; 0]);
    let distinct: std::collections::HashSet<u16> = got.iter().copied().collect();
    assert!(distinct.len() >= 1490, "the last few may be on their way: {}", distinct.len());
    assert!(repaired_up < 250, "{repaired_up} repetitions for about 75 losses on the way up");
}

fn ask(world: &mut World, subscriber: usize) {
    let client = &mut world.clients[subscriber];
    let lost = missing(sequences(client, 96, 97));
    let Some(source) = client.received.iter().find(|p| p.header.payload_type == 96).map(|p| p.header.ssrc)
    else {
        return;
    };
    if !lost.is_empty() {
        let nacks = nack_pairs_from_sequence_numbers(&lost);
        client.rtcp(&TransportLayerNack { sender_ssrc: 1, media_ssrc: source, nacks });
    }
}

#[test]
fn padding_leaves_no_gap_for_the_subscriber() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[CAMERA]);
    let (subscriber, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    for index in 0..50_u16 {
        let payload = if index % 5 == 3 { Vec::new() } else { vp8(index, 0, index == 0) };
        world.clients[publisher].rtp(7, 96, u64::from(index), 0, "0", "", &payload);
        world.run(Duration::from_millis(5));
    }
    world.run(Duration::from_millis(100));
    let got = sequences(&world.clients[subscriber], 96, 97);
    assert_eq!(got.len(), 40);
    assert!(got.windows(2).all(|pair| pair[1] == pair[0] + 1), "{got:?}");
}

#[test]
fn sound_passes_at_once_with_its_level_and_every_packet_is_numbered_for_the_whole_transport() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[MICROPHONE]);
    let (subscriber, _) = world.subscriber(publisher, "1", MediaKind::Audio);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    for index in 0..60_u32 {
        world.clients[publisher].rtp(9, 111, u64::from(index), index * 960, "1", "", b"opus");
        world.run(Duration::from_millis(20));
    }
    let got = &world.clients[subscriber].received;
    assert!(got.len() >= 58);
    assert!(got.iter().all(|packet| packet.audio_level == Some(20)));
    assert!(got.windows(2).all(|pair| pair[1].transport_cc == pair[0].transport_cc.map(|cc| cc + 1)));
    let loud = world.events.iter().any(|event| match event {
        MediaEvent::Levels(levels) => levels.iter().any(|(_, mid, level)| mid == "1" && *level > 0.09),
        _ => false,
    });
    assert!(loud);
    let feedback = &world.clients[publisher].feedback;
    assert!(feedback.iter().any(|packet| packet[1] == 201), "a receiver report");
}

#[test]
fn a_paused_or_silenced_track_stops_and_goes_on_without_a_gap_in_numbers() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[MICROPHONE]);
    let (subscriber, forward) = world.subscriber(publisher, "1", MediaKind::Audio);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    let mut index = 0_u32;
    let mut talk = |world: &mut World| {
        for _ in 0..20 {
            world.clients[publisher].rtp(9, 111, u64::from(index), index * 960, "1", "", b"opus");
            index += 1;
            world.run(Duration::from_millis(20));
        }
    };
    talk(&mut world);
    world.engine.tune(super::world::WALL, forward, Tuning { paused: true, max_layer: 0 });
    talk(&mut world);
    world.engine.tune(super::world::WALL, forward, Tuning { paused: false, max_layer: 0 });
    talk(&mut world);
    world.engine.silence(id(publisher), "1", true);
    talk(&mut world);
    world.engine.silence(id(publisher), "1", false);
    talk(&mut world);
    world.run(Duration::from_millis(100));
    let got = &world.clients[subscriber].received;
    assert!((57..=62).contains(&got.len()), "{}", got.len());
    assert!(got.windows(2).all(|pair| pair[1].header.sequence == pair[0].header.sequence + 1));
    let steps = got.windows(2).map(|pair| pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp));
    assert!(steps.clone().all(|step| step > 0 && step < 48_000), "{:?}", steps.collect::<Vec<_>>());
}

#[test]
fn the_last_subscriber_to_leave_and_the_publisher_leaving_first_are_both_survived() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[CAMERA]);
    let (_, first) = world.subscriber(publisher, "0", MediaKind::Video);
    let (second, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    world.engine.unforward(first);
    world.clients[publisher].rtp(7, 96, 1, 0, "0", "", &vp8(1, 0, true));
    world.run(Duration::from_millis(50));
    assert_eq!(world.clients[second].received.len(), 1);
    world.engine.close(id(publisher));
    world.renegotiate(second, false);
    world.engine.close(id(second));
    world.run(Duration::from_millis(50));
    let engine = &world.engine;
    assert_eq!((engine.tracks.len(), engine.forwards.len(), engine.peers.len()), (0, 0, 1));
}

#[test]
fn what_the_client_wants_to_send_in_stands_first_in_the_answer_and_the_rest_behind_it() {
    let mut world = World::new(1);
    let client = world.client(PeerRole::Publisher, &PROFILES);
    let offer = world.clients[client].offer(&[CAMERA, MICROPHONE]);
    let vp9 = "a=rtpmap:98 VP9/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=mid:0";
    let offer = offer.replace("SAVPF 96 97", "SAVPF 96 97 98 99").replace("a=mid:0", vp9);
    let wish =
        |cid: &str, mime_type: &str| CodecWish { cid: cid.to_owned(), mime_type: mime_type.to_owned() };
    let wishes = [wish("track-0", "video/vp9"), wish("track-1", "audio/red")];
    let mut answered = |wishes: &[CodecWish]| {
        let answer = world.engine.offer(super::world::WALL, id(client), &offer, wishes).unwrap();
        let types: Vec<_> = answer.sending.iter().map(|section| section.mime_type.clone()).collect();
        (answer.sdp, types)
    };
    let (sdp, types) = answered(&wishes);
    assert!(sdp.contains("m=video 9 UDP/TLS/RTP/SAVPF 98 99 96 97\r\n"), "{sdp}");
    assert!(sdp.contains("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n"), "{sdp}");
    assert_eq!(types, ["video/VP9", "audio/red"]);
    let (sdp, types) = answered(&[wish("track-0", "video/theora")]);
    assert!(sdp.contains("SAVPF 96 97 98 99"), "what is not offered is not chosen: {sdp}");
    assert_eq!(types, ["video/VP8", "audio/opus"]);
}

#[test]
fn on_the_single_path_each_waiting_track_takes_a_free_section_and_no_section_serves_twice() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[MICROPHONE]);
    let single = world.client(PeerRole::Single, &PROFILES);
    let receive: (&str, &str, &str, &[&str]) = ("5", "audio", "recvonly", &[]);
    let answer = world.offer(single, &[receive]);
    assert!(answer.contains("a=inactive"), "nothing to carry yet");
    let forward = world.forward(single, publisher, "1", MediaKind::Audio);
    let offer = world.clients[single].offer(&[receive]);
    let answer = world.engine.offer(super::world::WALL, id(single), &offer, &[]).unwrap();
    assert_eq!(answer.carried, [("5".to_owned(), forward)]);
    assert!(answer.sdp.contains("a=sendonly") && answer.sdp.contains("a=msid:PA_0|TR_1 TR_1"));
    world.engine.unforward(forward);
    let next = world.forward(single, publisher, "1", MediaKind::Audio);
    let answer = world.engine.offer(super::world::WALL, id(single), &offer, &[]).unwrap();
    assert_eq!(
        (answer.carried, answer.spare.audio),
        (Vec::new(), 0),
        "{next:?} waits for a section of its own"
    );
}

#[test]
fn whoever_knows_opus_by_another_number_than_stands_inside_red_gets_the_frame_inside() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[("0", "audio", "sendonly", &[])]);
    let mut listen = |change: fn(String) -> String| {
        let index = world.client(PeerRole::Subscriber, &PROFILES);
        world.forward(index, publisher, "0", MediaKind::Audio);
        let offer = world.engine.create_offer(WALL, id(index), false).unwrap();
        let answer = change(world.clients[index].answer(&offer));
        world.engine.answer(WALL, id(index), &answer).unwrap();
        index
    };
    let same = listen(|answer| answer);
    let other = listen(|answer| {
        answer.replace(":111 ", ":109 ").replace(" 111", " 109").replace("111/111", "109/109")
    });
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    // A block of two bytes, 20 ms older, and the newest.
    let red = [0xEF, 0x0F, 0x00, 0x02, 0x6F, 1, 2, 7, 8, 9];
    world.clients[publisher].rtp(5, 63, 1, 960, "0", "", &red);
    world.run(Duration::from_millis(50));
    let got = |index: usize| {
        let packet = &world.clients[index].received[0];
        (packet.header.payload_type, packet.payload.clone())
    };
    assert_eq!(got(same), (63, red.to_vec()));
    assert_eq!(got(other), (109, vec![7, 8, 9]));
}
