//! Joining, lingering, coming back, leaving; and what of it goes into the record.

use livekit_protocol as proto;
use proto::leave_request::Action;
use schema::event::{HEARTBEAT_MS, LeaveReason, RoomEventKind};

use super::world::{Client, START, World, offer};
use crate::config::RoomSettings;
use crate::room::media::MediaEvent;
use crate::room::{Command, Input, JoinPath, Request, Response};

pub const PATHS: [JoinPath; 2] = [JoinPath::Dual, JoinPath::Single];

pub fn farewell(world: &World, client: &Client) -> Option<proto::LeaveRequest> {
    world.inbox(client).messages.iter().find_map(|message| match message {
        Response::Leave(leave) => Some(leave.clone()),
        _ => None,
    })
}

pub fn last_left(world: &World) -> (schema::moment::Moment, LeaveReason) {
    world
        .events
        .iter()
        .rev()
        .find_map(|event| match event.kind {
            RoomEventKind::Left { reason, .. } => Some((event.at, reason)),
            _ => None,
        })
        .expect("somebody left")
}

#[test]
fn the_first_message_is_the_welcome_and_tells_how_to_ping() {
    for path in PATHS {
        let mut world = World::new();
        let client = world.join("a", path);
        let Some(Response::Join(join)) = world.inbox(&client).messages.first() else {
            panic!("not welcomed first")
        };
        assert!(join.ping_interval > 0 && join.ping_timeout > join.ping_interval);
        assert_eq!(join.subscriber_primary, path == JoinPath::Dual);
        assert_eq!(join.fast_publish, path == JoinPath::Dual);
        assert!(join.participant.as_ref().is_some_and(|p| p.sid.starts_with("PA_")));
        assert!(join.room.as_ref().is_some_and(|room| room.sid.starts_with("RM_")));
    }
}

#[test]
fn on_the_dual_path_the_server_offers_at_once_because_of_the_data_channels() {
    let mut world = World::new();
    let arrival = world.arrival("a", JoinPath::Dual);
    let client = world.arrive(arrival).expect("let in");
    assert!(world.inbox(&client).messages.iter().any(|message| matches!(message, Response::Offer(_))));
}

#[test]
fn on_the_single_path_the_embedded_offer_is_answered_after_the_welcome() {
    let mut world = World::new();
    let mut arrival = world.arrival("a", JoinPath::Single);
    arrival.offer = Some(offer("recv:0:a recv:1:v"));
    let client = world.arrive(arrival).expect("let in");
    let messages = &world.inbox(&client).messages;
    assert!(matches!(messages[0], Response::Join(_)));
    assert!(messages.iter().any(|message| matches!(message, Response::Answer(answer) if answer.id == 1)));
    assert!(
        !messages.iter().any(|message| matches!(message, Response::Offer(_))),
        "the server never offers here"
    );
}

#[test]
fn newcomers_are_told_of_the_others_and_the_others_of_newcomers() {
    let mut world = World::new();
    let first = world.join("a", JoinPath::Dual);
    world.forget(&first);
    let second = world.join("b", JoinPath::Single);
    let Response::Join(join) = &world.inbox(&second).messages[0] else { panic!("not welcomed first") };
    assert_eq!(join.other_participants.iter().map(|p| p.identity.as_str()).collect::<Vec<_>>(), ["a"]);
    let told = world.inbox(&first).messages.iter().any(|message| {
        matches!(message, Response::Update(update) if update.participants.iter().any(|p| p.identity == "b"))
    });
    assert!(told);
}

#[test]
fn a_hidden_participant_is_seen_by_nobody_but_stands_in_the_record() {
    let mut world = World::new();
    let first = world.join("a", JoinPath::Dual);
    world.forget(&first);
    let mut arrival = world.arrival("observer", JoinPath::Dual);
    arrival.grant.hidden = true;
    world.arrive(arrival).expect("let in");
    assert!(world.inbox(&first).messages.is_empty());
    let third = world.join("b", JoinPath::Dual);
    let Response::Join(join) = &world.inbox(&third).messages[0] else { panic!("not welcomed first") };
    assert_eq!(join.other_participants.len(), 1);
    assert_eq!(world.record_of("observer"), ["joined"]);
}

#[test]
fn whoever_comes_back_within_the_window_keeps_its_place_and_the_gap_is_noted() {
    for path in PATHS {
        let mut world = World::new();
        let client = world.join("a", path);
        world.pass(20_000, &[&client]);
        world.lose_socket(&client);
        world.pass(10_000, &[]);
        let back = world.resume(&client);
        world.pass(20_000, &[&back]);
        assert!(matches!(world.inbox(&back).messages[0], Response::Reconnect(_)), "{path:?}");
        assert_eq!(world.record_of("a"), ["joined", "down", "up"]);
        assert_eq!(world.room.snapshot().len(), 1);
    }
}

#[test]
fn whoever_does_not_come_back_has_left_when_it_was_last_heard() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Single);
    world.pass(7_000, &[&client]);
    let last_heard = world.now;
    world.pass(3_000, &[]);
    world.lose_socket(&client);
    world.pass(16_000, &[]);
    assert_eq!(world.record_of("a"), ["joined", "down", "left"]);
    assert_eq!(last_left(&world), (last_heard, LeaveReason::Lost));
    assert!(world.media.peers.is_empty());
}

#[test]
fn a_socket_that_goes_silent_is_given_up() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.pass(60_000, &[]);
    assert!(world.inbox(&client).closed);
    assert_eq!(last_left(&world), (START, LeaveReason::Lost));
}

#[test]
fn after_the_window_a_client_is_told_to_join_anew() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Single);
    world.lose_socket(&client);
    world.pass(20_000, &[]);
    let back = world.resume(&client);
    let leave = farewell(&world, &back).expect("sent away");
    assert_eq!((leave.action(), leave.reason()), (Action::Reconnect, proto::DisconnectReason::StateMismatch));
    assert!(world.inbox(&back).closed);
}

#[test]
fn a_place_is_not_given_to_another_identity_that_knows_its_sid() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.lose_socket(&client);
    let thief = world.resume(&Client { identity: "thief".into(), ..client.clone() });
    assert_eq!(farewell(&world, &thief).map(|leave| leave.action()), Some(Action::Reconnect));
    assert_eq!(world.record_of("a"), ["joined", "down"]);
}

#[test]
fn the_same_identity_elsewhere_replaces_the_older() {
    let mut world = World::new();
    let older = world.join("a", JoinPath::Dual);
    world.pass(4_000, &[&older]);
    let newer = world.join("a", JoinPath::Dual);
    assert_eq!(
        farewell(&world, &older).map(|leave| leave.reason()),
        Some(proto::DisconnectReason::DuplicateIdentity)
    );
    assert!(world.inbox(&older).closed && !world.inbox(&newer).closed);
    assert_eq!(world.record_of("a"), ["joined", "left", "joined"]);
    assert_eq!(last_left(&world), (world.now, LeaveReason::Replaced));
}

#[test]
fn a_participant_gives_a_sign_of_life_within_every_heartbeat() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.pass(120_000, &[&client]);
    let signs: Vec<_> = world
        .events
        .iter()
        .filter(|event| matches!(event.kind, RoomEventKind::Joined(_) | RoomEventKind::Alive(_)))
        .map(|event| event.at)
        .collect();
    assert!(signs.len() > 12);
    assert!(signs.windows(2).all(|pair| pair[1].millis_since(pair[0]) <= HEARTBEAT_MS));
}

#[test]
fn media_alone_keeps_the_record_alive_while_the_socket_is_away() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Single);
    world.lose_socket(&client);
    world.pass(9_000, &[]);
    let peer = world.receiving(&client);
    world.input(Input::Media(MediaEvent::Quality { peer, loss: 0.0, rtt_ms: None }));
    let last_heard = world.now;
    world.pass(10_000, &[]);
    assert_eq!(last_left(&world), (last_heard, LeaveReason::Lost));
}

#[test]
fn lost_media_is_a_gap_until_it_flows_again() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    let peer = world.receiving(&client);
    world.input(Input::Media(MediaEvent::Lost { peer }));
    world.input(Input::Media(MediaEvent::Lost { peer }));
    world.pass(3_000, &[&client]);
    world.input(Input::Media(MediaEvent::Connected { peer }));
    assert_eq!(world.record_of("a"), ["joined", "down", "up"]);
}

#[test]
fn closing_the_room_sends_everybody_away_for_good() {
    let mut world = World::new();
    let clients = [world.join("a", JoinPath::Dual), world.join("b", JoinPath::Single)];
    world.command(Command::Close).expect("closing is never refused");
    for client in &clients {
        let leave = farewell(&world, client).expect("told");
        assert_eq!(
            (leave.action(), leave.reason()),
            (Action::Disconnect, proto::DisconnectReason::RoomDeleted)
        );
        assert!(world.inbox(client).closed);
    }
    assert!(world.room.is_over());
    assert!(matches!(world.events.last().map(|event| &event.kind), Some(RoomEventKind::Closed)));
    let arrival = world.arrival("late", JoinPath::Dual);
    assert!(world.arrive(arrival).is_none());
}

#[test]
fn a_stopping_process_tells_everybody_to_come_back() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.pass(3_000, &[&client]);
    world.command(Command::Suspend).expect("never refused");
    assert_eq!(farewell(&world, &client).map(|leave| leave.action()), Some(Action::Reconnect));
    assert_eq!(last_left(&world), (world.now, LeaveReason::Lost));
}

#[test]
fn a_room_that_stands_empty_closes_by_itself_only_when_told_so() {
    let mut forever = World::new();
    forever.pass(3_600_000, &[]);
    assert!(!forever.room.is_over());
    let mut brief = World::with(RoomSettings { empty_timeout_ms: Some(30_000), ..RoomSettings::default() });
    brief.pass(29_000, &[]);
    assert!(!brief.room.is_over());
    brief.pass(2_000, &[]);
    assert!(brief.room.is_over());
}

#[test]
fn a_room_outlives_its_last_participant_by_the_departure_timeout_and_not_by_the_other() {
    let timeouts = |departure_timeout_ms| RoomSettings {
        empty_timeout_ms: Some(300_000),
        departure_timeout_ms,
        ..RoomSettings::default()
    };
    for (departure_timeout_ms, closes) in [(Some(20_000), true), (None, false)] {
        let mut world = World::with(timeouts(departure_timeout_ms));
        let client = world.join("a", JoinPath::Dual);
        world.pass(400_000, &[&client]);
        assert!(!world.room.is_over(), "somebody is in");
        world.say(&client, Request::Leave(proto::LeaveRequest::default()));
        world.pass(19_000, &[]);
        assert!(!world.room.is_over());
        world.pass(400_000, &[]);
        assert_eq!(world.room.is_over(), closes);
    }
}

#[test]
fn a_room_in_which_a_place_is_kept_does_not_stand_empty() {
    let settings =
        RoomSettings { departure_timeout_ms: Some(5_000), linger_ms: 15_000, ..RoomSettings::default() };
    let mut world = World::with(settings);
    let client = world.join("a", JoinPath::Dual);
    world.lose_socket(&client);
    world.pass(14_000, &[]);
    assert!(!world.room.is_over(), "it may come back");
    world.pass(5_000, &[]);
    assert!(!world.room.is_over(), "its place was given up a moment ago");
    world.pass(2_000, &[]);
    assert!(world.room.is_over());
}

#[test]
fn a_full_room_turns_newcomers_away_and_keeps_the_others() {
    let mut world = World::with(RoomSettings { max_participants: 1, ..RoomSettings::default() });
    let first = world.join("a", JoinPath::Dual);
    let arrival = world.arrival("b", JoinPath::Dual);
    let conn = arrival.conn;
    assert!(world.arrive(arrival).is_none());
    assert!(world.inboxes[&conn].closed && !world.inbox(&first).closed);
    assert!(world.record_of("b").is_empty());
}

#[test]
fn a_client_that_stays_gets_fresh_tokens_in_time() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.pass(1_900_000, &[&client]);
    assert!(
        world.refreshed.len() >= 6,
        "tokens of ten minutes, renewed after five: {}",
        world.refreshed.len()
    );
}

#[test]
fn a_client_that_never_answers_an_offer_is_told_to_start_afresh() {
    let mut world = World::new();
    let arrival = world.arrival("a", JoinPath::Dual);
    let client = world.arrive(arrival).expect("let in");
    world.pass(16_000, &[&client]);
    assert_eq!(farewell(&world, &client).map(|leave| leave.action()), Some(Action::Reconnect));
}

#[test]
fn a_client_whose_descriptions_have_grown_too_long_is_told_to_start_afresh() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Single);
    world.say(&a, Request::Offer(offer("long")));
    let told = farewell(&world, &a).expect("it is told so");
    assert_eq!(told.action(), Action::Reconnect);
    assert!(!world.inbox(&a).closed, "until then it stays");
}

#[test]
fn an_offer_that_cannot_be_read_ends_that_one_connection() {
    let mut world = World::new();
    let good = world.join("a", JoinPath::Dual);
    let bad = world.join("b", JoinPath::Single);
    world.say(&bad, Request::Offer(offer("nonsense")));
    assert!(world.inbox(&bad).closed && !world.inbox(&good).closed);
    assert_eq!(world.room.snapshot().len(), 1);
}

#[test]
fn a_removed_participant_is_told_so() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    assert!(world.command(Command::Remove { identity: "nobody".into() }).is_err());
    world.command(Command::Remove { identity: "a".into() }).expect("is there");
    assert_eq!(
        farewell(&world, &client).map(|leave| leave.reason()),
        Some(proto::DisconnectReason::ParticipantRemoved)
    );
    assert_eq!(last_left(&world).1, LeaveReason::Removed);
}
