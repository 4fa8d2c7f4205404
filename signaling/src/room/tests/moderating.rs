//! What the server does to a participant: silencing, and what it may do.

use livekit_protocol as proto;
use proto::TrackSource::{Camera, Microphone};
use proto::participant_info::State;
use proto::request_response::Reason;
use schema::event::TrackSource;

use super::publishing::refusals;
use super::world::{Client, World, offer, wish};
use crate::room::media::MediaEvent;
use crate::room::{Change, Command, Input, JoinPath, Refusal, Request, Response, Rights, Which};

#[test]
fn a_moderator_silences_at_the_server_whatever_the_client_does() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let mute =
        |muted| Command::Mute { identity: "a".into(), track: Which::Source(TrackSource::Microphone), muted };
    assert_eq!(world.command(mute(true)), Err(Refusal::NoTrack));
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    assert_eq!(world.command(mute(true)), Ok(()));
    let peer = world.publishing(&a);
    assert!(world.media.peers[&peer].silent.contains("0"));
    let asked = world
        .inbox(&a)
        .messages
        .iter()
        .any(|m| matches!(m, Response::Mute(mute) if mute.muted && mute.sid == sid));
    assert!(asked, "the client shows it");
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid, muted: false }));
    assert!(world.media.peers[&peer].silent.is_empty(), "the endpoint may speak again by its own key");
}

#[test]
fn a_moderator_opens_no_microphone_that_its_participant_closed() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let peer = world.publishing(&a);
    let command = |muted| Command::Mute { identity: "a".into(), track: Which::Sid(sid.clone()), muted };
    let by_itself = |muted| Request::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted });
    let asked_to_open = |world: &World| {
        let messages = &world.inbox(&a).messages;
        messages.iter().any(|message| matches!(message, Response::Mute(mute) if !mute.muted))
    };
    let is_muted = |world: &World| world.room.snapshot()[0].tracks == [(TrackSource::Microphone, true)];

    assert_eq!(world.command(command(false)), Ok(()), "it is heard already");
    world.say(&a, by_itself(true));
    assert_eq!(world.command(command(false)), Err(Refusal::OwnMute));
    assert!(is_muted(&world) && !asked_to_open(&world));

    // Closed by both: what the moderator takes back is its own.
    world.command(command(true)).expect("it is there");
    world.say(&a, by_itself(true));
    assert_eq!(world.command(command(false)), Ok(()));
    assert!(world.media.peers[&peer].silent.is_empty());
    assert!(is_muted(&world) && !asked_to_open(&world));

    // Closed by the moderator alone, which clients repeat.
    world.say(&a, by_itself(false));
    world.command(command(true)).expect("it is there");
    world.say(&a, by_itself(true));
    assert_eq!(world.command(command(false)), Ok(()));
    assert!(!is_muted(&world) && asked_to_open(&world));
}

#[test]
fn whoever_was_silenced_while_away_hears_of_it_on_coming_back() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    world.lose_socket(&a);
    world
        .command(Command::Mute {
            identity: "a".into(),
            track: Which::Source(TrackSource::Microphone),
            muted: true,
        })
        .expect("is there");
    let back = world.resume(&a);
    let told = world
        .inbox(&back)
        .messages
        .iter()
        .any(|m| matches!(m, Response::Mute(mute) if mute.muted && mute.sid == sid));
    assert!(told);
}

/// What an endpoint may do.
fn rights() -> Rights {
    Rights {
        publish: true,
        sources: Vec::new(),
        subscribe: true,
        publish_data: true,
        update_own_metadata: false,
        hidden: false,
    }
}

fn allow(world: &mut World, identity: &str, rights: Rights) {
    let change = Box::new(Change { rights: Some(rights), ..Change::default() });
    world.command(Command::Change { identity: identity.into(), change }).expect("is there");
}

#[test]
fn only_the_tracks_that_are_not_allowed_any_more_are_taken_away() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    world.publish(&a, "mic", Microphone, "send:0:a:mic");
    world.publish(&a, "cam", Camera, "send:0:a:mic send:1:v:cam");
    allow(&mut world, "a", Rights { sources: vec![TrackSource::Microphone], ..rights() });
    let told = world.room.snapshot();
    assert_eq!(told[0].tracks, [(TrackSource::Microphone, false)]);
    let (_, people) = world.room.describe();
    let sources = people[0].permission.clone().expect("told").can_publish_sources;
    assert_eq!(sources, [i32::from(Microphone)], "and it is said");
}

#[test]
fn whoever_is_hidden_is_gone_for_the_others_until_it_is_shown_again() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    let away = world.join("away", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.lose_socket(&away);
    for client in [&a, &b] {
        world.forget(client);
    }
    // Of `a`: its state and how many tracks it has, as a client was last told.
    let told = |world: &World, client: &Client| {
        let updates = world.inbox(client).messages.iter().filter_map(|message| match message {
            Response::Update(update) => Some(&update.participants),
            _ => None,
        });
        let last = updates.flatten().filter(|info| info.identity == "a").next_back().cloned();
        last.map(|info| (info.state(), info.tracks.len()))
    };

    allow(&mut world, "a", Rights { hidden: true, ..rights() });
    assert_eq!(told(&world, &b), Some((State::Disconnected, 0)));
    assert_eq!(told(&world, &a), Some((State::Active, 1)), "to itself it is what it was");
    assert!(world.receives(&b).is_empty());
    let back = world.resume(&away);
    assert_eq!(told(&world, &back), Some((State::Disconnected, 0)));
    assert!(world.receives(&back).is_empty());
    assert_eq!(world.record_of("a"), ["joined", "published"], "the record says that it is there");
    world.forget(&b);
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid: camera.clone(), muted: true }));
    assert_eq!(told(&world, &b), None);

    allow(&mut world, "a", rights());
    for client in [&b, &back] {
        assert_eq!(told(&world, client), Some((State::Active, 1)));
        assert!(world.receives(client).contains(&camera));
    }
}

#[test]
fn whoever_loses_the_right_to_publish_falls_silent_at_once_and_may_not_begin_again() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    allow(&mut world, "a", Rights { publish: false, ..rights() });
    assert!(world.receives(&b).is_empty());
    let told = world
        .inbox(&a)
        .messages
        .iter()
        .any(|message| matches!(message, Response::TrackUnpublished(gone) if gone.track_sid == sid));
    assert!(told);
    assert_eq!(world.refreshed, [a.conn], "its next token says the same");
    world.say(&a, Request::AddTrack(wish("mic2", Microphone)));
    assert_eq!(refusals(&world, &a), [Reason::NotAllowed]);
    assert_eq!(world.record_of("a"), ["joined", "published", "unpublished"]);
}

#[test]
fn what_a_client_went_on_sending_after_it_lost_the_right_is_not_taken_for_its_next_track() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    allow(&mut world, "a", Rights { publish: false, ..rights() });
    allow(&mut world, "a", rights());
    world.say(&a, Request::AddTrack(wish("other", Camera)));
    assert!(world.receives(&b).is_empty(), "its media is not there yet");
    world.say(&a, Request::Offer(offer("send:0:v:cam send:1:v:other")));
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&a), mid: "1".into() }));
    let sources: Vec<&str> =
        world.media.forwards.values().map(|(_, spec)| spec.source_mid.as_str()).collect();
    assert_eq!(sources, ["1"]);
}

#[test]
fn whoever_loses_the_right_to_receive_receives_nothing_and_gets_it_back_with_the_right() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Single);
    world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let mut receives = |subscribe| {
        allow(&mut world, "b", Rights { subscribe, ..rights() });
        world.receives(&b).len()
    };
    assert_eq!([receives(false), receives(true)], [0, 1]);
}
