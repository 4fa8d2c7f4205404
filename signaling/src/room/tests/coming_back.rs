//! Coming back to a place that was kept.

use livekit_protocol as proto;
use proto::leave_request::Action;
use schema::event::LeaveReason;

use super::coming_and_going::{PATHS, farewell, last_left};
use super::world::{Client, World};
use crate::room::{Input, JoinPath, Request, Response};

#[test]
fn on_the_dual_path_coming_back_restarts_ice_on_the_servers_connection() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.lose_socket(&client);
    let back = world.resume(&client);
    assert_eq!(world.media.peers[&world.receiving(&back)].restarts, 1);
    assert!(world.inbox(&back).messages.iter().any(|message| matches!(message, Response::Offer(_))));
}

#[test]
fn only_a_firefox_whose_media_has_failed_is_sent_to_join_anew_at_once() {
    for (path, browser, failed) in PATHS
        .into_iter()
        .flat_map(|path| [(path, "Firefox", true), (path, "Firefox", false), (path, "", true)])
    {
        let mut world = World::new();
        let mut joins = world.arrival("a", path);
        browser.clone_into(&mut joins.client.browser);
        let client = world.arrive(joins).expect("the room lets in");
        world.pass(4_000, &[&client]);
        let last_heard = world.now;
        world.pass(3_000, &[]);
        let mut arrival = world.arrival("a", path);
        (arrival.resume, arrival.failed) = (Some(client.sid.clone()), failed);
        let back = Client { conn: arrival.conn, ..client.clone() };
        world.input(Input::Arrive(Box::new(arrival)));
        assert!(world.inbox(&client).closed);
        assert_eq!(
            farewell(&world, &client),
            None,
            "it may still be read, and would end the client for good"
        );
        if failed && !browser.is_empty() {
            let leave = farewell(&world, &back).expect("sent away");
            assert_eq!(leave.action(), Action::Reconnect);
            assert!(world.inbox(&back).closed);
            assert_eq!(last_left(&world), (last_heard, LeaveReason::Lost));
            assert!(world.media.peers.is_empty());
        } else {
            assert!(matches!(world.inbox(&back).messages[0], Response::Reconnect(_)), "{path:?} {browser}");
        }
    }
}

#[test]
fn whoever_comes_back_hears_who_left_meanwhile() {
    let mut world = World::new();
    let stays = world.join("a", JoinPath::Single);
    let leaves = world.join("b", JoinPath::Single);
    world.lose_socket(&stays);
    world.pass(2_000, &[&leaves]);
    world.say(&leaves, Request::Leave(proto::LeaveRequest::default()));
    let back = world.resume(&stays);
    let gone = world.inbox(&back).messages.iter().any(|message| {
        matches!(message, Response::Update(update) if update.participants.iter().any(|p| {
            p.identity == "b" && p.state() == proto::participant_info::State::Disconnected
        }))
    });
    assert!(gone, "a ghost would stay on its screen");
}

#[test]
fn a_clock_that_is_set_sends_nobody_away_and_keeps_nobody() {
    for step in [3_600_000, -7 * 3_600_000] {
        let mut world = World::new();
        let a = world.join("a", JoinPath::Dual);
        let b = world.join("b", JoinPath::Dual);
        world.pass(10_000, &[&a, &b]);
        world.lose_socket(&b);
        let last_heard = world.now;
        world.now = world.now.plus_millis(step);
        world.room.clock_was_set(world.now, step);
        world.refreshed.clear();
        world.pass(14_000, &[&a]);
        assert_eq!(world.refreshed, [a.conn], "its token may be over, or not hold yet");
        assert_eq!(world.room.snapshot().len(), 2, "both have their place");
        world.pass(2000, &[&a]);
        assert_eq!(
            world.room.snapshot().len(),
            1,
            "the place of the one who is away is kept no longer than any"
        );
        assert_eq!(last_left(&world), (last_heard, LeaveReason::Lost), "and nobody was there in between");
        world.pass(20_000, &[]);
        assert!(world.room.snapshot().iter().all(|someone| someone.down), "and silence is noticed");
    }
}

#[test]
fn whoever_left_and_came_in_again_meanwhile_is_told_of_as_there() {
    use proto::participant_info::State;
    let mut world = World::new();
    let stays = world.join("a", JoinPath::Dual);
    let first = world.join("b", JoinPath::Dual);
    world.lose_socket(&stays);
    world.pass(2_000, &[&first]);
    let second = world.join("b", JoinPath::Dual);
    let back = world.resume(&stays);
    let told: Vec<_> = world
        .inbox(&back)
        .messages
        .iter()
        .filter_map(|message| match message {
            Response::Update(update) => Some(&update.participants),
            _ => None,
        })
        .flatten()
        .filter(|p| p.identity == "b")
        .map(|p| (p.sid.as_str(), p.state()))
        .collect();
    let expected = [(first.sid.as_str(), State::Disconnected), (second.sid.as_str(), State::Active)];
    assert_eq!(told, expected, "clients go by the identity, and by what they hear last");
}

#[test]
fn whoever_comes_back_is_not_told_that_it_left_itself() {
    let mut world = World::new();
    world.join("a", JoinPath::Dual);
    let newer = world.join("a", JoinPath::Dual);
    world.lose_socket(&newer);
    let back = world.resume(&newer);
    let gone = world.inbox(&back).messages.iter().any(|message| {
        matches!(message, Response::Update(update) if update.participants.iter().any(|p| {
            p.state() == proto::participant_info::State::Disconnected
        }))
    });
    assert!(!gone);
}
