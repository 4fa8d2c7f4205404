//! How connections come up, change their address, and end.

use std::time::Duration;

use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;

use super::world::{PROFILES, WALL, World, id, vp8};
use crate::media::double::{Client, Received};
use crate::media::{Limits, Source};
use crate::room::media::{Media, MediaError, MediaEvent, MediaKind, PeerRole};

const CAMERA: (&str, &str, &str, &[&str]) = ("0", "video", "sendonly", &[]);
const MICROPHONE: (&str, &str, &str, &[&str]) = ("1", "audio", "sendonly", &[]);
const DATA: (&str, &str, &str, &[&str]) = ("2", "application", "", &[]);

#[test]
fn handshakes_complete_though_three_datagrams_of_ten_are_lost() {
    for seed in 0..12 {
        let mut world = World::new(seed);
        world.loss = 300;
        let client = world.publisher(&[MICROPHONE]);
        assert!(world.run_until(|world| world.clients[client].connected()), "seed {seed}: client");
        assert!(
            world.run_until(|world| world.told(&MediaEvent::Connected { peer: id(client) }) == 1),
            "seed {seed}"
        );
    }
}

#[test]
fn the_fast_protection_is_chosen_whatever_the_client_prefers_and_the_slow_one_still_works() {
    for profiles in [&PROFILES[..], &[SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80]] {
        let mut world = World::new(1);
        let publisher = world.client(PeerRole::Publisher, profiles);
        world.offer(publisher, &[CAMERA]);
        let (subscriber, _) = world.subscriber(publisher, "0", MediaKind::Video);
        assert!(world.run_until(|world| world.clients.iter().all(crate::media::double::Client::connected)));
        for index in 0..20 {
            world.clients[publisher].rtp(7, 96, index, 0, "0", "", &vp8(1, 1, index == 0));
            world.run(Duration::from_millis(10));
        }
        world.run(Duration::from_millis(100));
        assert_eq!(world.clients[subscriber].received.len(), 20);
    }
}

#[test]
fn a_certificate_other_than_the_one_described_is_refused() {
    let mut world = World::new(1);
    let client = world.client(PeerRole::Publisher, &PROFILES);
    world.clients[client].fingerprint = "00:".repeat(31) + "00";
    world.offer(client, &[MICROPHONE]);
    assert!(world.run_until(|world| world.told(&MediaEvent::Lost { peer: id(client) }) == 1));
    assert_eq!(world.told(&MediaEvent::Connected { peer: id(client) }), 0);
}

#[test]
fn a_client_that_moves_to_another_address_keeps_its_session_after_an_ice_restart() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[CAMERA]);
    let (subscriber, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(crate::media::double::Client::connected)));
    for client in [publisher, subscriber] {
        let port = 6000 + u16::try_from(client).unwrap();
        world.clients[client].address = Source::Udp(([10, 0, 0, 2], port).into());
        world.clients[client].ufrag = "moved".to_owned();
    }
    world.offer(publisher, &[CAMERA]);
    world.renegotiate(subscriber, true);
    world.run(Duration::from_millis(200));
    for index in 0..5 {
        world.clients[publisher].rtp(7, 96, index, 0, "0", "", &vp8(1, 1, index == 0));
        world.run(Duration::from_millis(10));
    }
    world.run(Duration::from_millis(100));
    assert_eq!(world.clients[subscriber].received.len(), 5);
    assert_eq!(world.engine.fragments.len(), 2, "the old credentials are forgotten");
}

/// The client checks a path.
fn check(world: &mut World, client: usize, path: Source) {
    let now = world.now;
    world.clients[client].recheck();
    world.clients[client].tick(now);
    let out = std::mem::take(&mut world.clients[client].out);
    let mut check = out.into_iter().find(|bytes| bytes[0] < 4).expect("a check");
    world.engine.datagram(now, path, &mut check);
}

#[test]
fn of_all_paths_that_a_client_chooses_the_best_is_taken_while_it_works() {
    let mut world = World::new(1);
    let client = world.publisher(&[CAMERA]);
    assert!(world.run_until(|world| world.clients[client].connected()));
    let udp = world.clients[client].address;
    let tcp = Source::Tcp(1, udp.address());
    let choose = |world: &mut World, path| {
        check(world, client, path);
        world.engine.peers[0].remote
    };
    assert_eq!(choose(&mut world, udp), Some(udp));
    assert_eq!(choose(&mut world, tcp), Some(udp), "Firefox chooses all");
    world.now += Duration::from_secs(3);
    assert_eq!(choose(&mut world, tcp), Some(udp));
    world.now += Duration::from_secs(1);
    assert_eq!(choose(&mut world, tcp), Some(tcp), "UDP is not chosen any more: it is blocked");
    assert_eq!(choose(&mut world, udp), Some(udp), "and when it is again, at once");
    let other = Source::Udp(([10, 0, 0, 9], 9).into());
    assert_eq!(choose(&mut world, other), Some(other), "an equal path is a client that moves");
}

#[test]
fn however_many_paths_a_client_tries_the_one_in_use_is_not_forgotten() {
    let mut world = World::new(1);
    let client = world.publisher(&[CAMERA]);
    assert!(world.run_until(|world| world.clients[client].connected()));
    world.run(Duration::from_secs(1));
    let used = world.clients[client].address;
    assert_eq!(world.engine.peers[0].remote, Some(used));
    for number in 0..30 {
        check(&mut world, client, Source::Relay(number, used.address()));
    }
    assert_eq!(world.engine.peers[0].remote, Some(used), "they are worse");
    assert!(world.engine.addresses.contains_key(&used), "and what comes from it is taken");
}

#[test]
fn nothing_is_sent_to_whoever_has_fallen_silent_and_it_goes_on_with_a_whole_picture() {
    let mut world = World::new(1);
    let publisher = world.publisher(&[CAMERA]);
    let (subscriber, _) = world.subscriber(publisher, "0", MediaKind::Video);
    assert!(world.run_until(|world| world.clients.iter().all(Client::connected)));
    let (mut number, mut key) = (0_u16, true);
    let mut film = |world: &mut World, seconds: u64| {
        for _ in 0..seconds * 25 {
            number += 1;
            let payload = vp8(number, 0, std::mem::take(&mut key));
            world.clients[publisher].rtp(
                7,
                96,
                u64::from(number),
                u32::from(number) * 3600,
                "0",
                "",
                &payload,
            );
            world.run(Duration::from_millis(40));
            let asked = |packet: &Vec<u8>| packet[0] & 0x1F == 1 && packet[1] == 206;
            key |= std::mem::take(&mut world.clients[publisher].feedback).iter().any(asked);
        }
    };
    film(&mut world, 2);
    // It goes without a word.
    world.stalled.insert(Some(subscriber), world.now + Duration::from_secs(20));
    film(&mut world, 13);
    let before = world.carried[&subscriber];
    film(&mut world, 3);
    assert_eq!(world.carried[&subscriber], before);
    world.clients[subscriber].received.clear();
    film(&mut world, 8);
    // First comes what had waited in its socket.
    let got = &world.clients[subscriber].received;
    let whole = got.iter().position(|packet| packet.payload[6] & 1 == 0).expect("a key frame");
    let got = &got[whole..];
    assert!(got.len() > 80, "{} packets", got.len());
    let gap = |pair: &[Received]| pair[1].header.sequence.wrapping_sub(pair[0].header.sequence) != 1;
    assert!(!got.windows(2).any(gap), "what it did not get meanwhile is no loss");
}

#[test]
fn a_silent_client_is_lost_and_found_again_when_it_speaks() {
    let mut world = World::new(1);
    let client = world.publisher(&[MICROPHONE]);
    assert!(world.run_until(|world| world.clients[client].connected()));
    world.run(Duration::from_millis(100));
    world.loss = 1000;
    world.run(Duration::from_secs(8));
    assert_eq!(world.told(&MediaEvent::Lost { peer: id(client) }), 0, "a drop of eight seconds passes");
    world.run(Duration::from_secs(6));
    assert_eq!(world.told(&MediaEvent::Lost { peer: id(client) }), 1);
    world.loss = 0;
    world.run(Duration::from_secs(2));
    assert_eq!(world.told(&MediaEvent::Connected { peer: id(client) }), 2);
}

#[test]
fn a_connection_that_its_client_never_begins_is_looked_at_once() {
    let mut world = World::new(1);
    // Whoever only listens has one: that on which it could send.
    world.client(PeerRole::Publisher, &PROFILES);
    world.run(Duration::from_millis(50));
    assert_eq!(world.engine.agenda.next(), None);
}

#[test]
fn a_handshake_that_is_never_completed_is_given_up() {
    let mut world = World::new(1);
    world.client(PeerRole::Publisher, &PROFILES);
    world.run(Duration::from_mins(1));
    world.loss = 1000;
    world.offer(0, &[MICROPHONE]);
    let limit = Limits::default().handshake;
    world.run(limit.saturating_sub(Duration::from_millis(100)));
    assert_eq!(world.told(&MediaEvent::Lost { peer: id(0) }), 0, "it may still come");
    world.run(Duration::from_millis(200));
    assert_eq!(world.told(&MediaEvent::Lost { peer: id(0) }), 1);
}

#[test]
fn stray_and_forged_datagrams_leave_no_trace() {
    let mut world = World::new(1);
    let client = world.publisher(&[CAMERA]);
    assert!(world.run_until(|world| world.clients[client].connected()));
    world.run(Duration::from_millis(500));
    let (known, stranger) = (world.clients[client].address, Source::Udp(([192, 0, 2, 1], 9).into()));
    let before = world.sent;
    for round in 0..3000_u64 {
        let length = usize::try_from(world.chance() % 300).unwrap();
        let mut bytes: Vec<u8> = (0..length).map(|_| world.chance().to_be_bytes()[0]).collect();
        if let Some(first) = bytes.first_mut() {
            *first = [0, 1, 22, 23, 128, 144, 0xB0][usize::try_from(round % 7).unwrap()];
        }
        let from = if round % 2 == 0 { known } else { stranger };
        let now = world.now;
        world.engine.datagram(now, from, &mut bytes);
    }
    let peer = &world.engine.peers[0];
    assert!(peer.inbound.sources.is_empty(), "no source was believed");
    assert_eq!(world.engine.addresses.len(), 1);
    assert_eq!(world.engine.replies.len(), 0);
    assert_eq!(world.sent, before);
    world.clients[client].rtp(7, 96, 5, 0, "0", "", &vp8(1, 1, true));
    world.run(Duration::from_millis(50));
    assert_eq!(world.told(&MediaEvent::TrackLive { peer: id(client), mid: "0".to_owned() }), 1);
}

#[test]
fn a_screen_can_be_shared_as_often_as_one_likes() {
    let mut world = World::new(1);
    let client = world.publisher(&[MICROPHONE]);
    assert!(world.run_until(|world| world.clients[client].connected()));
    for round in 10..310_u32 {
        let mid = round.to_string();
        world.offer(client, &[MICROPHONE, (&mid, "video", "sendonly", &[])]);
        world.clients[client].rtp(round, 96, 5, 0, &mid, "", &vp8(1, 1, true));
        world.run(Duration::from_millis(40));
        world.offer(client, &[MICROPHONE]);
        assert_eq!(world.told(&MediaEvent::TrackLive { peer: id(client), mid }), 1, "the {round}th");
    }
    let peer = &world.engine.peers[client];
    assert!(peer.inbound.sources.is_empty(), "nothing is kept of what is over");
}

#[test]
fn a_handshake_begun_from_an_address_that_has_proven_nothing_is_not_answered() {
    let mut world = World::new(1);
    let client = world.publisher(&[CAMERA]);
    let now = world.now;
    // It believes that its check was answered, so it begins the handshake.
    world.clients[client].checks_answered = 1;
    world.clients[client].tick(now);
    let out = std::mem::take(&mut world.clients[client].out);
    let mut hello = out.into_iter().find(|bytes| bytes[0] == 22).expect("a first flight");
    for port in 1..2000 {
        let victim = Source::Udp(([192, 0, 2, 1], port).into());
        world.engine.datagram(now, victim, &mut hello);
    }
    world.engine.tick(now + Duration::from_secs(1));
    world.engine.transmit(|to, _, _| panic!("{to:?} is sent something"));
    assert!(world.engine.peers[client].early.is_empty() && world.engine.addresses.is_empty());
}

#[test]
fn messages_sent_while_a_client_was_away_arrive_in_order_when_it_is_back() {
    let mut world = World::new(6);
    let reader = world.client(PeerRole::Subscriber, &PROFILES);
    world.renegotiate(reader, false);
    assert!(world.run_until(|world| world.clients[reader].connected()));
    let now = world.now;
    world.clients[reader].open_channels(now);
    assert!(world.run_until(|world| world.clients[reader].reliable.is_some()));
    world.run(Duration::from_secs(1));
    world.loss = 1000;
    let sent: Vec<Vec<u8>> = (0..40).map(|number| vec![number; 300]).collect();
    for frame in &sent {
        world.engine.send_data(WALL, id(reader), true, frame);
        world.run(Duration::from_millis(200));
    }
    world.loss = 0;
    world.renegotiate(reader, true);
    assert!(world.run_until(|world| world.clients[reader].frames.len() == sent.len()));
    assert_eq!(world.clients[reader].frames, sent);
}

#[test]
fn data_frames_go_both_ways_on_channels_that_the_client_opens_and_on_ours() {
    let mut world = World::new(3);
    world.loss = 100;
    let publisher = world.publisher(&[DATA]);
    let subscriber = world.client(PeerRole::Subscriber, &PROFILES);
    world.renegotiate(subscriber, false);
    assert!(world.run_until(|world| world.clients.iter().all(crate::media::double::Client::connected)));
    let now = world.now;
    for client in [publisher, subscriber] {
        world.clients[client].open_channels(now);
    }
    assert!(world.run_until(|world| world.clients.iter().all(|client| client.associated)));
    let now = world.now;
    world.clients[publisher].send(now, 0, Some("_reliable"), b"up");
    let up = MediaEvent::Data { peer: id(publisher), reliable: true, frame: b"up".to_vec() };
    assert!(world.run_until(|world| world.told(&up) == 1));
    assert!(
        world.run_until(|world| world.clients[subscriber].reliable.is_some()),
        "the server opens its own"
    );
    world.run(Duration::from_secs(3));
    world.engine.send_data(WALL, id(publisher), true, &vec![1; 20_000]);
    world.engine.send_data(WALL, id(subscriber), true, b"down");
    assert!(world.run_until(|world| world.clients[publisher].frames == [vec![1; 20_000]]));
    assert!(world.run_until(|world| world.clients[subscriber].frames == [b"down".to_vec()]));
}

#[test]
fn descriptions_that_make_no_sense_are_refused_and_hurt_nobody() {
    let mut world = World::new(1);
    let client = world.publisher(&[MICROPHONE]);
    let good = world.clients[client].offer(&[MICROPHONE]);
    let mut refuse = |sdp: &str| world.engine.offer(WALL, id(client), sdp, &[]).unwrap_err();
    assert!(matches!(refuse("nonsense"), MediaError::BadDescription(_)));
    assert!(matches!(refuse(&good.replace("a=fingerprint", "a=finger")), MediaError::BadDescription(_)));
    assert!(matches!(refuse(&good.replace("sha-256 ", "sha-256 FF")), MediaError::BadDescription(_)));
    assert!(matches!(refuse(&good.replace("actpass", "passive")), MediaError::BadDescription(_)));
    assert!(matches!(refuse(&good.replace("a=mid:1", "a=mid:")), MediaError::BadDescription(_)));
    assert!(matches!(refuse(&"a".repeat(5 << 20)), MediaError::Limit(_)));
    assert_eq!(world.engine.answer(WALL, id(client), &good), Err(MediaError::Stale));
    assert_eq!(world.engine.offer(WALL, id(77), &good, &[]).unwrap_err(), MediaError::NoPeer);
    assert!(world.run_until(|world| world.clients[client].connected()), "the good one still stands");
}
