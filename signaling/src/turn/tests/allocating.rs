//! Allocations: made, kept, shared out, ended.

use std::time::Duration;

use rtc_stun::attributes::{
    ATTR_EVEN_PORT, ATTR_LIFETIME, ATTR_REQUESTED_ADDRESS_FAMILY, ATTR_REQUESTED_TRANSPORT,
    ATTR_UNKNOWN_ATTRIBUTES, ATTR_XOR_RELAYED_ADDRESS, ATTR_XORMAPPED_ADDRESS, AttrType,
};
use rtc_stun::message::{CLASS_REQUEST, METHOD_ALLOCATE, METHOD_CONNECT, METHOD_REFRESH};

use super::world::{CLIENT, FIRST, World, address, code, found, reply, udp};
use crate::turn::Limits;

fn lifetime(seconds: u32) -> (AttrType, Vec<u8>) {
    (ATTR_LIFETIME, seconds.to_be_bytes().to_vec())
}

#[test]
fn an_allocation_stands_under_our_own_address_on_a_port_of_its_own() {
    let mut world = World::new();
    let mut ports = std::collections::HashSet::new();
    for client in 0..20_u8 {
        let from = format!("192.0.2.7:4{client:04}");
        let mut client = world.known_client(&from, "endpoint:1");
        let reply = world.ask(&mut client, METHOD_ALLOCATE, &[udp()]);
        let relayed = found(&reply, ATTR_XOR_RELAYED_ADDRESS);
        assert_eq!(relayed.ip(), address(FIRST).ip());
        assert!(relayed.port() >= 49_152 && ports.insert(relayed.port()));
        assert_eq!(found(&reply, ATTR_XORMAPPED_ADDRESS), address(&from));
        assert_eq!(reply.get(ATTR_LIFETIME).unwrap(), 600_u32.to_be_bytes());
    }
}

#[test]
fn an_allocate_that_comes_again_is_answered_the_same_and_another_one_is_refused() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    let mut request = world.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()]);
    world.sign(&client, &mut request);
    let first = reply(client.session.message(&world.relay, world.now, &request.raw));
    let again = reply(client.session.message(&world.relay, world.now, &request.raw));
    assert_eq!(found(&first, ATTR_XOR_RELAYED_ADDRESS), found(&again, ATTR_XOR_RELAYED_ADDRESS));
    assert_eq!(world.relay.allocations(), 1);
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), Some(437));
}

#[test]
fn what_is_not_offered_is_refused_with_the_protocols_own_words() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    let tcp = (ATTR_REQUESTED_TRANSPORT, vec![6, 0, 0, 0]);
    let family = |family| (ATTR_REQUESTED_ADDRESS_FAMILY, vec![family, 0, 0, 0]);
    for (attributes, expected) in [
        (vec![], 400),
        (vec![tcp], 442),
        (vec![udp(), family(9)], 440),
        (vec![udp(), (ATTR_EVEN_PORT, vec![0x80])], 508),
        (vec![udp(), (AttrType(0x7123), vec![1])], 420),
    ] {
        let answer = world.ask(&mut client, METHOD_ALLOCATE, &attributes);
        assert_eq!(code(&answer), Some(expected), "{attributes:?}");
        if expected == 420 {
            assert_eq!(answer.get(ATTR_UNKNOWN_ATTRIBUTES).unwrap(), [0x71, 0x23]);
        }
    }
    assert_eq!(code(&world.ask(&mut client, METHOD_CONNECT, &[])), Some(400), "RFC 6062 is not spoken");
    assert_eq!(code(&world.ask(&mut client, METHOD_REFRESH, &[])), Some(437));
    let sixth = world.ask(&mut client, METHOD_ALLOCATE, &[udp(), family(2)]);
    assert!(found(&sixth, ATTR_XOR_RELAYED_ADDRESS).is_ipv6());
}

#[test]
fn one_participant_takes_its_share_and_no_more_and_all_together_theirs() {
    let limits = Limits { allocations: 3, allocations_per_user: 2, ..Limits::default() };
    let mut world = World::with(limits);
    let mut held = Vec::new();
    for (port, identity, expected) in [
        (1, "endpoint:1", None),
        (2, "endpoint:1", None),
        (3, "endpoint:1", Some(486)),
        (4, "endpoint:2", None),
        (5, "endpoint:2", Some(508)),
    ] {
        let mut client = world.known_client(&format!("192.0.2.7:{port}"), identity);
        assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), expected, "{port}");
        held.push(client);
    }
    assert_eq!(code(&world.ask(&mut held[0], METHOD_REFRESH, &[lifetime(0)])), None);
    assert!(!held[0].session.holds());
    let mut client = world.known_client("192.0.2.7:6", "endpoint:1");
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), None, "a place was given back");
    drop(held);
    assert_eq!(world.relay.allocations(), 1, "so is that of a connection that breaks");
}

#[test]
fn an_allocation_ends_unless_it_is_refreshed() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    let most = Limits::default().lifetime_max;
    world.pass(most.saturating_sub(Duration::from_secs(1)));
    let answer = world.ask(&mut client, METHOD_REFRESH, &[lifetime(1_000_000)]);
    assert_eq!(answer.get(ATTR_LIFETIME).unwrap(), 600_u32.to_be_bytes(), "no longer than the longest");
    world.pass(most.saturating_sub(Duration::from_secs(1)));
    client.session.timeout(world.now.instant);
    assert!(client.session.holds());
    world.pass(Duration::from_secs(1));
    client.session.timeout(world.now.instant);
    assert!(!client.session.holds());
    assert_eq!(world.relay.allocations(), 0);
}

#[test]
fn nobody_touches_the_allocation_of_another() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    (client.username, client.password) = world.relay.mint(world.now.wall, "endpoint:2");
    assert_eq!(code(&world.ask(&mut client, METHOD_REFRESH, &[lifetime(0)])), Some(441));
    assert_eq!(code(&world.permit(&mut client, &[FIRST])), Some(441));
    assert!(client.session.holds());
}
