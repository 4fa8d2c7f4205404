//! Data messages to somebody whose channels are not open yet.

use super::world::{PROFILES, WALL, World, id};
use crate::media::Limits;
use crate::room::media::{Media, PeerRole};

/// Somebody who is told of before it is connected: the others greet it at once.
fn newcomer(world: &mut World) -> usize {
    world.client(PeerRole::Subscriber, &PROFILES)
}

/// It connects, and opens its association; the channels follow.
fn connect(world: &mut World, reader: usize) {
    world.renegotiate(reader, false);
    assert!(world.run_until(|world| world.clients[reader].connected()));
}

fn open_channels(world: &mut World, reader: usize) {
    let now = world.now;
    world.clients[reader].open_channels(now);
}

#[test]
fn what_is_said_to_a_newcomer_before_its_channel_is_open_reaches_it_in_order() {
    let mut world = World::new(9);
    world.loss = 100;
    let reader = newcomer(&mut world);
    let say = |world: &mut World, word: &[u8]| world.engine.send_data(WALL, id(reader), true, word);
    say(&mut world, b"before the description");
    connect(&mut world, reader);
    say(&mut world, b"before the association");
    say(&mut world, b"");
    open_channels(&mut world, reader);
    say(&mut world, b"before the channel");
    assert!(world.run_until(|world| !world.clients[reader].frames.is_empty()));
    say(&mut world, b"after");
    assert!(world.run_until(|world| world.clients[reader].frames.len() == 5));
    let heard =
        [&b"before the description"[..], b"before the association", &[0], b"before the channel", b"after"];
    assert_eq!(world.clients[reader].frames, heard);
}

#[test]
fn what_may_be_lost_is_not_kept_for_a_newcomer() {
    let mut world = World::new(9);
    let reader = newcomer(&mut world);
    world.engine.send_data(WALL, id(reader), false, b"long past");
    world.engine.send_data(WALL, id(reader), true, b"lasting");
    connect(&mut world, reader);
    open_channels(&mut world, reader);
    assert!(world.run_until(|world| !world.clients[reader].frames.is_empty()));
    world.engine.send_data(WALL, id(reader), true, b"after");
    assert!(world.run_until(|world| world.clients[reader].frames.len() > 1));
    assert_eq!(world.clients[reader].frames, [&b"lasting"[..], b"after"]);
}

#[test]
fn no_more_is_kept_for_a_newcomer_than_is_allowed() {
    let mut world = World::new(9);
    let reader = newcomer(&mut world);
    let room = Limits::default().early_data_bytes / 10_000;
    for number in 0..2 * u8::try_from(room).unwrap() {
        world.engine.send_data(WALL, id(reader), true, &[number; 9_900]);
    }
    connect(&mut world, reader);
    open_channels(&mut world, reader);
    assert!(world.run_until(|world| world.clients[reader].frames.len() >= room));
    world.engine.send_data(WALL, id(reader), true, b"after");
    assert!(world.run_until(|world| world.clients[reader].frames.last().unwrap() == b"after"));
    let firsts: Vec<usize> = world.clients[reader].frames.iter().map(|frame| usize::from(frame[0])).collect();
    assert_eq!(firsts[..room], (0..room).collect::<Vec<_>>());
    assert_eq!(firsts.len(), room + 1);
}

#[test]
fn a_channel_that_the_client_opens_begins_with_what_was_kept_as_well() {
    let mut world = World::new(9);
    let client = world.publisher(&[("0", "application", "", &[])]);
    world.engine.send_data(WALL, id(client), true, b"welcome");
    assert!(world.run_until(|world| world.clients[client].connected()));
    open_channels(&mut world, client);
    assert!(world.run_until(|world| world.clients[client].associated));
    let now = world.now;
    world.clients[client].send(now, 0, Some("_reliable"), b"up");
    assert!(world.run_until(|world| world.clients[client].frames == [b"welcome"]));
}
