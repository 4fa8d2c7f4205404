//! What happens, as LiveKit's webhooks tell it.

use livekit_protocol as proto;
use proto::{DisconnectReason, TrackSource};
use schema::event::RoomEventKind;

use super::world::World;
use crate::room::{Command, JoinPath, Request};

fn told(world: &World) -> Vec<proto::WebhookEvent> {
    let json = |json: &String| serde_json::from_str(json).expect("LiveKit's own words");
    world.events.iter().filter_map(|event| event.webhook.as_ref()).map(json).collect()
}

#[test]
fn a_meeting_from_its_first_to_its_last_word() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    let camera = world.publish(&client, "camera", TrackSource::Camera, "send:0:v:camera");
    world.say(&client, Request::Offer(super::world::offer("recv:0:v")));
    world.say(&client, Request::Leave(proto::LeaveRequest::default()));
    world.command(Command::Close).expect("an open room");

    let told = told(&world);
    let names: Vec<&str> = told.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(
        names,
        [
            "room_started",
            "participant_joined",
            "track_published",
            "track_unpublished",
            "participant_left",
            "room_finished"
        ]
    );
    for event in &told {
        let room = event.room.as_ref().expect("every event names its room");
        assert!(room.name == "room" && room.sid.starts_with("RM_"));
        assert!(event.id.starts_with("EV_") && event.created_at > 0);
    }
    for event in &told[1..5] {
        let who = event.participant.as_ref().expect("it is about somebody");
        assert_eq!((who.identity.as_str(), who.sid.as_str()), ("a", client.sid.as_str()));
    }
    for event in &told[2..4] {
        let track = event.track.as_ref().expect("it is about a track");
        assert_eq!((track.sid.as_str(), track.source()), (camera.as_str(), TrackSource::Camera));
    }
    let left = told[4].participant.as_ref().expect("it is about somebody");
    assert_eq!(left.disconnect_reason(), DisconnectReason::ClientInitiated);
    assert_eq!(left.state(), proto::participant_info::State::Disconnected);
}

#[test]
fn whoever_leaves_takes_along_what_it_sends_and_it_is_told() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.publish(&client, "mic", TrackSource::Microphone, "send:0:a:mic");
    world.say(&client, Request::Leave(proto::LeaveRequest::default()));
    let told = told(&world);
    let names: Vec<&str> = told.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(
        names[1..],
        ["participant_joined", "track_published", "track_unpublished", "participant_left"]
    );
}

#[test]
fn every_event_has_an_id_of_its_own_that_follows_from_its_number() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    world.publish(&client, "mic", TrackSource::Microphone, "send:0:a:mic");
    for event in &world.events {
        let Some(json) = &event.webhook else { continue };
        let told: proto::WebhookEvent = serde_json::from_str(json).expect("LiveKit's own words");
        let opening = event.incarnation.strip_prefix("RM_").expect("its opening");
        assert_eq!(told.id, format!("EV_{opening}_{}", event.seq));
    }
}

#[test]
fn one_whose_media_never_flowed_has_not_left_but_was_cut_off() {
    let mut world = World::new();
    let arrival = world.arrival("a", JoinPath::Dual);
    let client = world.arrive(arrival).expect("let in");
    world.lose_socket(&client);
    world.pass(60_000, &[]);
    assert!(told(&world).iter().all(|event| event.event != "participant_joined"), "nor has it joined");
    let last = told(&world).pop().expect("it is gone");
    assert_eq!(last.event, "participant_connection_aborted");
    let who = last.participant.expect("it is about somebody");
    assert_eq!(who.disconnect_reason(), DisconnectReason::ConnectionTimeout);
}

#[test]
fn signs_of_life_and_lost_lines_are_nobodys_business_outside() {
    let mut world = World::new();
    let client = world.join("a", JoinPath::Dual);
    let joined = world.events.len();
    world.pass(12_000, &[&client]);
    world.lose_socket(&client);
    let quiet = |kind: &RoomEventKind| {
        matches!(kind, RoomEventKind::Alive(_) | RoomEventKind::LinkDown(_) | RoomEventKind::LinkUp(_))
    };
    let since = &world.events[joined..];
    assert!(since.len() >= 2 && since.iter().all(|event| quiet(&event.kind) && event.webhook.is_none()));
}
