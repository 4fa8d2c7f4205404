//! Those who have not shown who they are.

use std::time::Duration;

use rtc_stun::attributes::{ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, ATTR_XORMAPPED_ADDRESS};
use rtc_stun::message::{CLASS_REQUEST, METHOD_ALLOCATE, METHOD_BINDING, METHOD_REFRESH};

use super::world::{CLIENT, World, address, code, found, reply, udp};
use crate::turn::{Limits, Reaction, Session, Transport};

#[test]
fn a_stranger_is_told_the_realm_and_a_nonce_and_nothing_is_kept() {
    let mut world = World::new();
    let request = world.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()]);
    let mut session = Session::new(address(CLIENT), Transport::Udp);
    let reply = reply(session.message(&world.relay, world.now, &request.raw));
    assert_eq!(code(&reply), Some(401));
    assert!(reply.contains(ATTR_REALM) && reply.contains(ATTR_NONCE));
    assert!(!session.holds());
    assert_eq!(world.relay.allocations(), 0);
}

#[test]
fn a_request_is_not_made_into_a_long_reply_nor_into_many() {
    let mut world = World::new();
    let request = world.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()]);
    let mut answered = 0;
    for port in 1..1000 {
        let mut session = Session::new(([192, 0, 2, 1], port).into(), Transport::Udp);
        if let Reaction::Reply(reply) = session.message(&world.relay, world.now, &request.raw) {
            // With the 28 bytes of IP and UDP that both have, 88 for 56; for the shortest request of all 88 for 48.
            assert!(reply.len() <= 60, "{} bytes for {}", reply.len(), request.raw.len());
            answered += 1;
        }
    }
    assert_eq!(answered, Limits::default().strangers_per_second);
    let elsewhere = (0..20).filter(|network| {
        let mut session = Session::new(([198, 51, *network, 1], 9).into(), Transport::Udp);
        matches!(session.message(&world.relay, world.now, &request.raw), Reaction::Reply(_))
    });
    assert!(elsewhere.count() > 10, "others do not feel it, unless chance has them share a place");
    world.pass(Duration::from_secs(1));
    let mut later = Session::new(([192, 0, 2, 1], 9).into(), Transport::Udp);
    assert!(matches!(later.message(&world.relay, world.now, &request.raw), Reaction::Reply(_)));
}

#[test]
fn a_connection_that_only_guesses_is_hung_up_on() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    client.password = "guessed".into();
    let mut guesses = 0;
    loop {
        let mut request = world.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()]);
        world.sign(&client, &mut request);
        match client.session.message(&world.relay, world.now, &request.raw) {
            Reaction::HangUp => break,
            told => assert_eq!(code(&reply(told)), Some(401)),
        }
        guesses += 1;
        assert!(guesses <= Limits::default().strikes);
    }
}

#[test]
fn whoever_holds_an_allocation_is_told_of_new_nonces_as_long_as_it_lasts() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    let mut nonces = 0;
    while nonces < 20 {
        world.pass(Limits::default().lifetime / 2);
        let mut answer = world.ask(&mut client, METHOD_REFRESH, &[]);
        if code(&answer) == Some(438) {
            nonces += 1;
            client.nonce = answer.get(ATTR_NONCE).unwrap();
            answer = world.ask(&mut client, METHOD_REFRESH, &[]);
        }
        assert_eq!(code(&answer), None, "after {nonces} nonces");
    }
}

#[test]
fn a_good_request_wipes_out_what_was_wrong_before() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    for _ in 0..20 {
        world.pass(Limits::default().nonce_ttl + Duration::from_secs(1));
        (client.username, client.password) = world.relay.mint(world.now.wall, "endpoint:1");
        let answer = world.ask(&mut client, METHOD_ALLOCATE, &[udp()]);
        assert_eq!(code(&answer), Some(438));
        client.nonce = answer.get(ATTR_NONCE).unwrap();
        assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), None);
        let none = (ATTR_LIFETIME, vec![0, 0, 0, 0]);
        assert_eq!(code(&world.ask(&mut client, METHOD_REFRESH, &[none])), None);
    }
}

#[test]
fn strangers_do_not_keep_the_holder_of_an_allocation_from_its_new_nonce() {
    let mut world = World::with(Limits { nonce_ttl: Duration::from_mins(1), ..Limits::default() });
    let mut client = world.client(CLIENT, "endpoint:1");
    client.session = Session::new(address(CLIENT), Transport::Udp);
    world.learn_nonce(&mut client);
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), None);
    world.pass(Duration::from_mins(2));
    let request = world.message(METHOD_ALLOCATE, CLASS_REQUEST, &[udp()]);
    let mut neighbour = Session::new(([192, 0, 2, 9], 9).into(), Transport::Udp);
    while neighbour.message(&world.relay, world.now, &request.raw) != Reaction::Nothing {}
    assert_eq!(code(&world.ask(&mut client, METHOD_REFRESH, &[])), Some(438));
}

#[test]
fn whoever_asks_where_it_is_seen_is_told() {
    let mut world = World::new();
    let request = world.message(METHOD_BINDING, CLASS_REQUEST, &[]);
    let mut session = Session::new(address(CLIENT), Transport::Udp);
    let reply = reply(session.message(&world.relay, world.now, &request.raw));
    assert_eq!(found(&reply, ATTR_XORMAPPED_ADDRESS), address(CLIENT));
}

#[test]
fn credentials_open_the_door_for_a_short_while_only() {
    let mut world = World::new();
    let mut late = world.client(CLIENT, "endpoint:1");
    world.pass(Limits::default().credential_ttl);
    world.learn_nonce(&mut late);
    assert_eq!(code(&world.ask(&mut late, METHOD_ALLOCATE, &[udp()])), Some(401));
}

#[test]
fn an_allocation_outlives_the_credentials_that_made_it() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    for _ in 0..8 {
        world.pass(Limits::default().lifetime.saturating_sub(Duration::from_mins(1)));
        let mut answer = world.ask(&mut client, METHOD_REFRESH, &[]);
        if code(&answer) == Some(438) {
            client.nonce = answer.get(ATTR_NONCE).unwrap();
            answer = world.ask(&mut client, METHOD_REFRESH, &[]);
        }
        assert_eq!(code(&answer), None);
    }
    assert!(client.session.holds());
}

#[test]
fn another_password_or_a_user_name_made_longer_lived_is_refused() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    let honest = client.username.clone();
    client.username = honest.replacen("17", "99", 1);
    assert_ne!(client.username, honest);
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), Some(401));
    for username in ["nobody", "", ":", "9999999999999999999999:x"] {
        client.username = username.into();
        assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), Some(401), "{username}");
    }
    client.username = honest;
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), None);
}

#[test]
fn a_nonce_grows_old_and_is_good_for_one_client() {
    let mut world = World::new();
    let mut client = world.known_client(CLIENT, "endpoint:1");
    let mut other = world.client("192.0.2.7:40001", "endpoint:1");
    other.nonce.clone_from(&client.nonce);
    assert_eq!(code(&world.ask(&mut other, METHOD_ALLOCATE, &[udp()])), Some(438));
    world.pass(Limits::default().nonce_ttl + Duration::from_secs(1));
    (client.username, client.password) = world.relay.mint(world.now.wall, "endpoint:1");
    let answer = world.ask(&mut client, METHOD_ALLOCATE, &[udp()]);
    assert_eq!(code(&answer), Some(438));
    client.nonce = answer.get(ATTR_NONCE).unwrap();
    assert_eq!(code(&world.ask(&mut client, METHOD_ALLOCATE, &[udp()])), None);
}

#[test]
fn what_stands_behind_the_signature_is_nobodys_word() {
    let mut world = World::new();
    let mut client = world.allocated("endpoint:1");
    let mut request = world.message(METHOD_REFRESH, CLASS_REQUEST, &[]);
    world.sign(&client, &mut request);
    request.add(ATTR_LIFETIME, &[0, 0, 0, 0]);
    let answer = reply(client.session.message(&world.relay, world.now, &request.raw));
    assert_eq!(code(&answer), None);
    assert_ne!(answer.get(ATTR_LIFETIME).unwrap(), [0; 4]);
    assert!(client.session.holds(), "the lifetime of zero was not signed");
    let mut unnamed = world.message(METHOD_REFRESH, CLASS_REQUEST, &[]);
    unnamed.add(rtc_stun::attributes::ATTR_MESSAGE_INTEGRITY, &[0; 20]);
    unnamed.add(ATTR_USERNAME, client.username.as_bytes());
    let answer = reply(client.session.message(&world.relay, world.now, &unnamed.raw));
    assert_eq!(code(&answer), Some(400));
}
