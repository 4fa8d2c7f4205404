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
fn nobody_but_its_participant_opens_a_microphone() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let peer = world.publishing(&a);
    let command = |muted| Command::Mute { identity: "a".into(), track: Which::Sid(sid.clone()), muted };
    let by_itself = |muted| Request::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted });
    let is_muted = |world: &World| world.room.snapshot()[0].tracks == [(TrackSource::Microphone, true)];

    assert_eq!(world.command(command(false)), Ok(()), "it is heard already");
    world.say(&a, by_itself(true));
    assert_eq!(world.command(command(false)), Err(Refusal::Unmute));
    world.say(&a, by_itself(false));
    assert_eq!(world.command(command(true)), Ok(()));
    assert_eq!(world.command(command(false)), Err(Refusal::Unmute));
    assert!(is_muted(&world) && world.media.peers[&peer].silent.contains("0"));
    let messages = &world.inbox(&a).messages;
    assert!(!messages.iter().any(|message| matches!(message, Response::Mute(mute) if !mute.muted)));
    world.say(&a, by_itself(false));
    assert!(!is_muted(&world) && world.media.peers[&peer].silent.is_empty());
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
    let messages = world.inbox(&back).messages.iter();
    let told = messages
        .clone()
        .position(|message| matches!(message, Response::Mute(mute) if mute.muted && mute.sid == sid));
    let seen = messages.clone().position(|message| matches!(message, Response::Update(_)));
    assert!(told.is_some() && told < seen, "before it finds out, and says that it is not muted");
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
    let (away, long_away) = (world.join("away", JoinPath::Dual), world.join("long away", JoinPath::Dual));
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let microphone = world.publish(&a, "mic", Microphone, "send:0:v:cam send:1:a:mic");
    let peer = world.publishing(&a);
    let speaks = |world: &mut World| {
        world.input(Input::Media(MediaEvent::Levels(vec![(peer, "1".into(), 0.8)])));
    };
    speaks(&mut world);
    let choice = |subscribe| {
        let track_sids = vec![camera.clone()];
        Request::Subscription(proto::UpdateSubscription { track_sids, subscribe, participant_tracks: vec![] })
    };
    world.say(&b, choice(false));
    world.lose_socket(&away);
    world.lose_socket(&long_away);
    for client in [&a, &b] {
        world.forget(client);
    }
    // Of `a`, as a client was last told: its state, how many tracks, and whether that betrays what is hidden.
    let told = |world: &World, client: &Client| {
        let updates = world.inbox(client).messages.iter().filter_map(|message| match message {
            Response::Update(update) => Some(&update.participants),
            _ => None,
        });
        let last = updates.flatten().rfind(|info| info.identity == "a").cloned();
        last.map(|info| {
            let hidden = info.permission.as_ref().is_some_and(|permission| permission.hidden);
            (info.state(), info.tracks.len(), hidden || info.name == "Thanh tra")
        })
    };
    // Whether the last that a client was told of `a` as a speaker is that it speaks.
    let heard = |world: &World, client: &Client| {
        let changes = world.inbox(client).messages.iter().filter_map(|message| match message {
            Response::SpeakersChanged(changed) => Some(&changed.speakers),
            _ => None,
        });
        changes.flatten().rfind(|speaker| speaker.sid == a.sid).map(|speaker| speaker.active)
    };
    let graded = |world: &World, client: &Client| {
        world.inbox(client).messages.iter().any(|message| {
            matches!(message, Response::ConnectionQuality(update)
                if update.updates.iter().any(|line| line.participant_sid == a.sid))
        })
    };

    let rights = |hidden| Some(Rights { hidden, ..rights() });
    let change = |hidden, name: &str| Command::Change {
        identity: "a".into(),
        change: Box::new(Change { rights: rights(hidden), name: Some(name.into()), ..Change::default() }),
    };
    world.command(change(true, "Thanh tra")).expect("is there");
    assert_eq!(told(&world, &b), Some((State::Disconnected, 0, false)));
    assert_eq!(told(&world, &a), Some((State::Active, 2, true)), "it knows");
    assert!(world.receives(&b).is_empty());
    speaks(&mut world);
    assert_eq!(heard(&world, &b), Some(false));
    let back = world.resume(&away);
    assert_eq!(told(&world, &back), Some((State::Disconnected, 0, false)));
    assert!(world.receives(&back).is_empty() && !graded(&world, &back));
    let newcomer = world.join("c", JoinPath::Dual);
    assert_eq!(heard(&world, &newcomer), None);
    assert_eq!(
        world.record_of("a"),
        ["joined", "published", "published"],
        "the record says that it is there"
    );
    world.forget(&b);
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid: camera.clone(), muted: true }));
    assert_eq!(told(&world, &b), None);
    world.say(&b, choice(false));
    let unknown = world.inbox(&b).messages.iter().any(|message| {
        matches!(message, Response::SubscriptionResponse(answer) if answer.track_sid == camera
            && answer.err() == proto::SubscriptionError::SeTrackNotfound)
    });
    assert!(unknown, "of what it sends nothing is known either");

    world.command(change(false, "Điểm cầu")).expect("is there");
    for client in [&b, &back] {
        assert_eq!(told(&world, client), Some((State::Active, 2, false)));
        // What was chosen of the tracks that they had is forgotten, as they have forgotten it.
        assert!(world.receives(client).contains(&camera) && world.receives(client).contains(&microphone));
        assert!(graded(&world, client));
    }
    speaks(&mut world);
    assert_eq!(heard(&world, &b), Some(true));
    let back = world.resume(&long_away);
    let gone = world.inbox(&back).messages.iter().any(|message| {
        matches!(message, Response::Update(update)
            if update.participants.iter().any(|info| info.state() == State::Disconnected))
    });
    assert!(!gone, "whoever missed that it was gone never loses it");
}

#[test]
fn of_what_somebody_may_no_longer_send_nobody_hears_when_it_is_shown() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.publish(&a, "mic", Microphone, "send:0:v:cam send:1:a:mic");
    allow(&mut world, "a", Rights { hidden: true, ..rights() });
    world.forget(&b);
    allow(&mut world, "a", Rights { publish: false, ..rights() });
    let told = world.inbox(&b).messages.iter().filter_map(|message| match message {
        Response::Update(update) => Some(update.participants.iter().map(|info| info.tracks.len()).sum()),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<usize>>(), [0], "once, and without tracks");
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
