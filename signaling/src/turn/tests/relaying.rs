//! What passes, and what does not.

use std::time::Duration;

use rtc_stun::attributes::{ATTR_DATA, ATTR_XOR_PEER_ADDRESS};
use rtc_stun::message::{CLASS_INDICATION, METHOD_ALLOCATE, METHOD_DATA, Message};

use super::world::{CLIENT, FIRST, SECOND, SECOND_V6, World, address, code, found, udp};
use crate::media::Source;
use crate::turn::{Limits, Reaction, framing};

/// Every kind of address that an inside attacker would like to reach through us.
const FOREIGN: [&str; 11] = [
    "10.0.0.6:7882",
    "127.0.0.1:7882",
    "127.0.0.1:5432",
    "169.254.169.254:80",
    "192.168.1.1:80",
    "172.16.0.1:22",
    "224.0.0.251:5353",
    "255.255.255.255:9",
    "0.0.0.0:7882",
    "8.8.8.8:53",
    "192.0.2.7:40000",
];

fn channel(number: u16, data: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    framing::channel_data(number, data, false, &mut message);
    message
}

fn handed_over(reaction: Reaction, message: &[u8]) -> (Source, usize, bool, Vec<u8>) {
    let Reaction::HandOver { source, worker, first, payload } = reaction else {
        panic!("not handed over: {reaction:?}")
    };
    (source, worker, first, message[payload].to_vec())
}

#[test]
fn nothing_but_our_own_media_can_be_reached() {
    let mut world = World::new();
    let mut client = world.permitted("endpoint:1");
    for (number, peer) in (0x4000..).zip(FOREIGN) {
        assert_eq!(code(&world.permit(&mut client, &[peer])), Some(403), "{peer}");
        assert_eq!(code(&world.permit(&mut client, &[FIRST, peer])), Some(403), "{peer} behind a good one");
        assert_eq!(code(&world.bind(&mut client, number, peer)), Some(403), "{peer}");
        assert_eq!(world.send(&mut client, peer, b"hello").0, Reaction::Nothing, "{peer}");
        let on_channel = client.session.message(&world.relay, world.now, &channel(number, b"hello"));
        assert_eq!(on_channel, Reaction::Nothing, "{peer}");
    }
    for peer in ["[::1]:7882", "[fe80::1]:7882", "[ff02::1]:7882", "[::ffff:10.0.0.5]:7882"] {
        assert_eq!(code(&world.permit(&mut client, &[peer])), Some(443), "{peer}: of another family");
    }
}

#[test]
fn other_ports_of_our_own_address_stay_closed() {
    let mut world = World::new();
    let mut client = world.permitted("endpoint:1");
    for port in [22, 80, 443, 5432, 7881, 7884, 8080] {
        let peer = format!("10.0.0.5:{port}");
        assert_eq!(code(&world.bind(&mut client, 0x4000, &peer)), Some(403), "{peer}");
        assert_eq!(world.send(&mut client, &peer, b"hello").0, Reaction::Nothing, "{peer}");
    }
}

#[test]
fn datagrams_reach_the_worker_behind_the_peer_and_come_back_named_after_it() {
    let mut world = World::new();
    let mut client = world.permitted("endpoint:1");
    let (reaction, message) = world.send(&mut client, FIRST, b"hello");
    let (to_first, worker, new, payload) = handed_over(reaction, &message);
    assert_eq!((worker, new, payload.as_slice()), (0, true, &b"hello"[..]));
    let (reaction, message) = world.send(&mut client, SECOND, b"x");
    let (to_second, worker, new, payload) = handed_over(reaction, &message);
    assert_eq!((worker, new, payload.as_slice()), (1, true, &b"x"[..]), "permissions are for addresses");
    assert_ne!(to_first, to_second);
    let (reaction, message) = world.send(&mut client, FIRST, b"again");
    assert_eq!(handed_over(reaction, &message), (to_first, 0, false, b"again".to_vec()));

    for (source, peer) in [(to_first, FIRST), (to_second, SECOND)] {
        for data in [&b"four"[..], b"a datagram", b""] {
            let mut out = Vec::new();
            assert!(client.session.deliver(&world.relay, world.now.instant, source, data, &mut out));
            let mut told = Message::new();
            told.raw = out;
            told.decode().unwrap();
            assert_eq!((told.typ.method, told.typ.class), (METHOD_DATA, CLASS_INDICATION));
            assert_eq!(told.raw.len(), 20 + told.length as usize);
            assert_eq!(found(&told, ATTR_XOR_PEER_ADDRESS), address(peer));
            assert_eq!(told.get(ATTR_DATA).unwrap(), data);
        }
    }
}

#[test]
fn a_peer_over_ipv6_is_named_as_well() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    let family = (rtc_stun::attributes::ATTR_REQUESTED_ADDRESS_FAMILY, vec![2, 0, 0, 0]);
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp(), family])), None);
    assert_eq!(code(&world.permit(&mut client, &[SECOND_V6])), None);
    assert_eq!(code(&world.permit(&mut client, &["[::1]:7883"])), Some(403));
    let (reaction, message) = world.send(&mut client, SECOND_V6, b"hello");
    let (source, worker, ..) = handed_over(reaction, &message);
    assert_eq!(worker, 1);
    let mut told = Message::new();
    assert!(client.session.deliver(&world.relay, world.now.instant, source, b"back", &mut told.raw));
    let raw = told.raw.split_off(20);
    told.raw = raw;
    told.decode().unwrap();
    assert_eq!(found(&told, ATTR_XOR_PEER_ADDRESS), address(SECOND_V6));
}

#[test]
fn on_a_channel_four_bytes_are_added_and_padding_only_on_streams() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    assert_eq!(code(&world.bind(&mut client, 0x4001, FIRST)), None);
    let message = channel(0x4001, b"hello");
    let reaction = client.session.message(&world.relay, world.now, &message);
    let (source, worker, _, payload) = handed_over(reaction, &message);
    assert_eq!((worker, payload.as_slice()), (0, &b"hello"[..]));
    let mut out = Vec::new();
    assert!(client.session.deliver(&world.relay, world.now.instant, source, b"world", &mut out));
    assert_eq!(out, b"\x40\x01\x00\x05world\0\0\0");
    for broken in [&message[..3], &message[..6], b"\x40\x02\x00\x05hello"] {
        assert_eq!(client.session.message(&world.relay, world.now, broken), Reaction::Nothing);
    }
}

#[test]
fn a_channel_is_one_peers_and_a_peer_has_one_channel() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    assert_eq!(code(&world.bind(&mut client, 0x4000, FIRST)), None);
    assert_eq!(code(&world.bind(&mut client, 0x4000, FIRST)), None, "again, to keep it");
    assert_eq!(code(&world.bind(&mut client, 0x4000, SECOND)), Some(400));
    assert_eq!(code(&world.bind(&mut client, 0x4001, FIRST)), Some(400));
    for number in [0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF] {
        assert_eq!(code(&world.bind(&mut client, number, SECOND)), Some(400), "{number:#x}");
    }
}

#[test]
fn permissions_and_channels_lapse() {
    let mut world = World::new();
    let limits = Limits::default();
    let mut client = world.allocated("endpoint:1");
    assert_eq!(code(&world.bind(&mut client, 0x4000, FIRST)), None);
    let message = channel(0x4000, b"hello");
    let reaction = client.session.message(&world.relay, world.now, &message);
    let (source, ..) = handed_over(reaction, &message);
    world.pass(limits.permission);
    let mut out = Vec::new();
    assert!(!client.session.deliver(&world.relay, world.now.instant, source, b"late", &mut out));
    assert!(out.is_empty());
    assert_eq!(world.send(&mut client, FIRST, b"late").0, Reaction::Nothing);
    assert_eq!(code(&world.permit(&mut client, &[FIRST])), None);
    assert!(client.session.deliver(&world.relay, world.now.instant, source, b"again", &mut out));
    assert_eq!(out[..2], [0x40, 0x00], "the channel still holds");
    world.pass(limits.channel.saturating_sub(limits.permission + Duration::from_millis(1)));
    assert_eq!(
        code(&world.ask(&mut client, rtc_stun::message::METHOD_REFRESH, &[])),
        None,
        "the allocation goes on"
    );
    world.pass(Duration::from_millis(1));
    assert_eq!(client.session.message(&world.relay, world.now, &message), Reaction::Nothing);
    let second = channel(0x4000, b"hello");
    assert_eq!(code(&world.bind(&mut client, 0x4000, SECOND)), None, "and may be another's");
    let reaction = client.session.message(&world.relay, world.now, &second);
    assert_eq!(handed_over(reaction, &second).1, 1);
}

#[test]
fn an_allocation_that_ends_closes_its_lines() {
    let mut world = World::new();
    let mut client = world.permitted("endpoint:1");
    let (reaction, message) = world.send(&mut client, FIRST, b"hello");
    let (source, worker, ..) = handed_over(reaction, &message);
    assert_eq!(client.session.poll_closed(), None);
    world.pass(Limits::default().lifetime);
    assert_eq!(world.send(&mut client, FIRST, b"late").0, Reaction::Nothing);
    assert_eq!(client.session.poll_closed(), Some((source, worker)));
    assert_eq!(client.session.poll_closed(), None);
}

#[test]
fn one_allocation_carries_so_much_and_no_more() {
    let limits = Limits { bytes_per_second: 10_000, ..Limits::default() };
    let mut world = World::with(limits);
    let mut client = world.permitted("endpoint:1");
    let passed = |world: &mut World, client: &mut super::world::Client| {
        (0..100).filter(|_| world.send(client, FIRST, &[0; 1000]).0 != Reaction::Nothing).count()
    };
    assert_eq!(passed(&mut world, &mut client), 10);
    world.pass(Duration::from_millis(500));
    assert_eq!(passed(&mut world, &mut client), 5);
    world.pass(Duration::from_secs(1));
    let (reaction, message) = world.send(&mut client, FIRST, b"x");
    let (source, ..) = handed_over(reaction, &message);
    let deliver = |_: &usize| {
        client.session.deliver(&world.relay, world.now.instant, source, &[0; 1000], &mut Vec::new())
    };
    assert_eq!((0..100).filter(deliver).count(), 10, "the other way has an allowance of its own");
}
