//! Receiving tracks: whose, how much, and the negotiation of it.

use livekit_protocol as proto;
use proto::TrackSource::{Camera, Microphone};

use super::world::{Client, World, offer};
use crate::room::media::{MediaEvent, Tuning};
use crate::room::{Input, JoinPath, Request, Response};

fn offers(world: &World, client: &Client) -> usize {
    world.inbox(client).messages.iter().filter(|message| matches!(message, Response::Offer(_))).count()
}

fn requirements(world: &World, client: &Client) -> Vec<(u32, u32)> {
    let messages = world.inbox(client).messages.iter();
    messages
        .filter_map(|message| match message {
            Response::MediaSectionsRequirement(need) => Some((need.num_audios, need.num_videos)),
            _ => None,
        })
        .collect()
}

fn carried(world: &World, client: &Client) -> Vec<(String, String)> {
    let last = world.inbox(client).messages.iter().rev().find_map(|message| match message {
        Response::Answer(answer) => Some(answer.mid_to_track_id.clone()),
        _ => None,
    });
    let mut carried: Vec<_> = last.unwrap_or_default().into_iter().collect();
    carried.sort();
    carried
}

fn stream_states(world: &World, client: &Client) -> Vec<(String, proto::StreamState)> {
    let messages = world.inbox(client).messages.iter();
    messages
        .filter_map(|message| match message {
            Response::StreamStateUpdate(update) => Some(&update.stream_states),
            _ => None,
        })
        .flatten()
        .map(|info| (info.track_sid.clone(), info.state()))
        .collect()
}

#[test]
fn a_newcomer_gets_everything_there_is_in_one_round() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.publish(&a, "mic", Microphone, "send:0:v:cam send:1:a:mic");
    let arrival = world.arrival("b", JoinPath::Dual);
    let b = world.arrive(arrival).expect("let in");
    assert_eq!(world.receives(&b).len(), 2);
    assert_eq!(offers(&world, &b), 1);
}

#[test]
fn one_offer_stands_at_a_time_and_what_changes_meanwhile_goes_into_the_next() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.forget(&b);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.publish(&a, "mic", Microphone, "send:0:v:cam send:1:a:mic");
    assert_eq!(offers(&world, &b), 1);
    world.say(&b, Request::Answer(proto::SessionDescription { id: 1, ..Default::default() }));
    assert_eq!(offers(&world, &b), 1, "an answer to an older offer changes nothing");
    world.say(&b, Request::Answer(proto::SessionDescription { id: 0, ..Default::default() }));
    assert_eq!(offers(&world, &b), 2, "a client that numbers nothing is believed");
}

#[test]
fn on_the_single_path_the_first_answer_already_carries_what_there_is() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Single);
    let camera = world.publish(&a, "cam", Camera, "recv:0:a recv:1:v send:2:v:cam");
    let mut arrival = world.arrival("b", JoinPath::Single);
    arrival.offer = Some(offer("recv:0:a recv:1:v"));
    let b = world.arrive(arrival).expect("let in");
    assert_eq!(carried(&world, &b), [("1".to_owned(), camera)]);
    assert!(requirements(&world, &b).is_empty());
}

#[test]
fn on_the_single_path_the_client_is_asked_for_exactly_the_sections_that_lack() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Single);
    let first = world.publish(&a, "cam", Camera, "send:0:v:cam");
    assert_eq!(
        requirements(&world, &b),
        [(0, 0)],
        "a spare section is there, the client has only to offer again"
    );
    world.publish(&a, "cam2", Camera, "send:0:v:cam send:1:v:cam2");
    assert_eq!(requirements(&world, &b).len(), 1, "one round at a time");
    world.say(&b, Request::Offer(offer("recv:0:a recv:1:v")));
    assert_eq!(carried(&world, &b), [("1".to_owned(), first)]);
    assert_eq!(requirements(&world, &b)[1..], [(0, 1)]);
    world.say(&b, Request::Offer(offer("recv:0:a recv:1:v recv:2:v")));
    assert_eq!(carried(&world, &b).len(), 2);
    assert_eq!(requirements(&world, &b).len(), 2);
}

#[test]
fn a_client_that_offers_only_after_the_welcome_is_not_asked_before() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    let arrival = world.arrival("firefox", JoinPath::Single);
    let b = world.arrive(arrival).expect("let in");
    assert!(requirements(&world, &b).is_empty());
    world.say(&b, Request::Offer(offer("recv:0:a recv:1:v")));
    assert_eq!(carried(&world, &b).len(), 1);
}

#[test]
fn without_automatic_subscription_only_what_is_chosen_comes() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.publish(&a, "mic", Microphone, "send:0:v:cam send:1:a:mic");
    let mut arrival = world.arrival("b", JoinPath::Dual);
    arrival.auto_subscribe = false;
    let b = world.arrive(arrival).expect("let in");
    assert!(world.receives(&b).is_empty());
    let choose = |subscribe| {
        let track_sids = vec![camera.clone(), "TR_unknown".into()];
        Request::Subscription(proto::UpdateSubscription {
            track_sids,
            subscribe,
            participant_tracks: Vec::new(),
        })
    };
    world.say(&b, choose(true));
    assert!(world.receives(&b).iter().eq([&camera]));
    let unknown =
        world.inbox(&b).messages.iter().any(|message| matches!(message, Response::SubscriptionResponse(_)));
    assert!(unknown, "it is told that there is no such track");
    world.say(&b, choose(false));
    assert!(world.receives(&b).is_empty());
}

#[test]
fn without_the_right_nothing_is_received() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let mut arrival = world.arrival("b", JoinPath::Dual);
    arrival.grant.can_subscribe = false;
    let b = world.arrive(arrival).expect("let in");
    let track_sids = vec![camera];
    world.say(
        &b,
        Request::Subscription(proto::UpdateSubscription {
            track_sids,
            subscribe: true,
            participant_tracks: Vec::new(),
        }),
    );
    assert!(world.receives(&b).is_empty());
}

#[test]
fn a_publisher_says_who_may_receive_it() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let c = world.join("c", JoinPath::Single);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let permission = proto::TrackPermission {
        participant_identity: "c".into(),
        track_sids: vec![camera.clone()],
        ..Default::default()
    };
    world.say(
        &a,
        Request::SubscriptionPermission(proto::SubscriptionPermission {
            all_participants: false,
            track_permissions: vec![permission],
        }),
    );
    assert!(world.receives(&b).is_empty() && world.receives(&c).contains(&camera));
    let told = world.inbox(&b).messages.iter().any(|message| {
        matches!(message, Response::SubscriptionPermissionUpdate(update) if !update.allowed && update.track_sid == camera)
    });
    assert!(told);
    world.say(
        &a,
        Request::SubscriptionPermission(proto::SubscriptionPermission {
            all_participants: true,
            ..Default::default()
        }),
    );
    assert!(world.receives(&b).contains(&camera));
}

#[test]
fn whoever_may_not_receive_a_track_is_told_so_whenever_it_could_first_ask_for_it() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let here = world.join("b", JoinPath::Dual);
    let nobody = proto::SubscriptionPermission { all_participants: false, ..Default::default() };
    world.say(&a, Request::SubscriptionPermission(nobody));
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let later = world.join("c", JoinPath::Dual);
    let told = |world: &World, client: &Client| {
        let messages = world.inbox(client).messages.iter();
        let allowed = |message: &Response| match message {
            Response::SubscriptionPermissionUpdate(update) if update.track_sid == camera => {
                Some(update.allowed)
            }
            _ => None,
        };
        messages.filter_map(allowed).collect::<Vec<_>>()
    };
    assert_eq!([told(&world, &here), told(&world, &later)], [[false], [false]]);
    world.lose_socket(&here);
    let back = world.resume(&here);
    assert_eq!(told(&world, &back), [false], "it may have missed it");
    world.lose_socket(&back);
    let all = proto::SubscriptionPermission { all_participants: true, ..Default::default() };
    world.say(&a, Request::SubscriptionPermission(all));
    assert_eq!(told(&world, &later), [false, true]);
    let again = world.resume(&back);
    assert_eq!(told(&world, &again), [true]);
    assert!(world.receives(&again).contains(&camera));
}

#[test]
fn the_wish_for_a_smaller_picture_reaches_the_media_plane() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let track_sids = vec![camera];
    world.say(
        &b,
        Request::TrackSetting(proto::UpdateTrackSettings {
            track_sids,
            disabled: true,
            ..Default::default()
        }),
    );
    let tunings: Vec<Tuning> = world.media.tunings.values().copied().collect();
    assert_eq!(tunings, [Tuning { paused: true, max_layer: 0 }]);
}

#[test]
fn what_a_client_refused_before_it_lost_its_line_it_still_refuses_after() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.lose_socket(&b);
    let back = world.resume(&b);
    let subscription =
        Some(proto::UpdateSubscription { track_sids: vec![camera], subscribe: false, ..Default::default() });
    world.say(&back, Request::SyncState(proto::SyncState { subscription, ..Default::default() }));
    assert!(world.receives(&back).is_empty());
}

#[test]
fn a_picture_looked_at_again_while_the_line_was_down_comes_back_with_it() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let hide =
        proto::UpdateTrackSettings { track_sids: vec![camera.clone()], disabled: true, ..Default::default() };
    world.say(&b, Request::TrackSetting(hide));
    let paused = |world: &World| world.media.tunings.values().next().expect("it was tuned").paused;
    let sync = |hidden: &[&String]| {
        let track_sids_disabled = hidden.iter().map(|sid| (*sid).clone()).collect();
        Request::SyncState(proto::SyncState { track_sids_disabled, ..Default::default() })
    };
    world.lose_socket(&b);
    let b = world.resume(&b);
    world.say(&b, sync(&[&camera]));
    assert!(paused(&world), "it is still hidden");
    world.lose_socket(&b);
    let b = world.resume(&b);
    world.say(&b, sync(&[]));
    assert!(!paused(&world));
}

#[test]
fn of_a_hidden_participant_nothing_is_passed_on() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let mut arrival = world.arrival("observer", JoinPath::Dual);
    arrival.grant.hidden = true;
    let observer = world.arrive(arrival).expect("let in");
    world.publish(&observer, "cam", Camera, "send:0:v:cam");
    assert!(world.receives(&a).is_empty());
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    assert_eq!(world.receives(&observer).len(), 1, "it sees the others");
}

#[test]
fn a_picture_held_back_for_want_of_bandwidth_is_told() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let forward = *world.media.forwards.keys().next().expect("it flows");
    let peer = world.receiving(&b);
    world.input(Input::Media(MediaEvent::Paused { peer, forward, paused: true }));
    assert_eq!(stream_states(&world, &b), [(camera.clone(), proto::StreamState::Paused)]);
    world.lose_socket(&b);
    world.input(Input::Media(MediaEvent::Paused { peer, forward, paused: false }));
    let b = world.resume(&b);
    assert_eq!(
        stream_states(&world, &b),
        [(camera, proto::StreamState::Active)],
        "what it missed it is told"
    );
}

#[test]
fn whoever_cannot_show_a_picture_is_told_why() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let track_sid = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let forward = *world.media.forwards.keys().next().expect("it flows");
    let peer = world.receiving(&b);
    world.input(Input::Media(MediaEvent::Unsupported { peer, forward }));
    let err = proto::SubscriptionError::SeCodecUnsupported.into();
    let told = Response::SubscriptionResponse(proto::SubscriptionResponse { track_sid, err });
    assert!(world.inbox(&b).messages.contains(&told));
    assert!(!world.inbox(&a).messages.contains(&told));
}

#[test]
fn layers_that_nobody_wants_are_told_to_the_publisher_once_it_has_the_track_in_its_books() {
    let told = |world: &World, client: &Client| -> Vec<bool> {
        let messages = world.inbox(client).messages.iter();
        messages
            .filter_map(|message| match message {
                Response::SubscribedQualityUpdate(update) => {
                    Some(update.subscribed_codecs[0].qualities[0].enabled)
                }
                _ => None,
            })
            .collect()
    };
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    let peer = world.publishing(&a);
    let wanted = |layers| Input::Media(MediaEvent::Wanted { peer, mid: "0".into(), layers });
    world.input(wanted(1));
    world.input(wanted(0));
    assert!(told(&world, &a).is_empty(), "the client would not know the track yet");
    world.pass(2_000, &[&a]);
    assert_eq!(told(&world, &a), [false]);
    world.input(wanted(0));
    world.input(wanted(1));
    assert_eq!(told(&world, &a), [false, true], "no news is not told");
    world.lose_socket(&a);
    let back = world.resume(&a);
    assert_eq!(told(&world, &back), [true], "it may have missed the last word");
}

#[test]
fn a_publisher_that_does_not_send_what_is_wanted_is_told_again_unless_it_is_muted() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let camera = world.publish(&a, "cam", Camera, "send:0:v:cam");
    let peer = world.publishing(&a);
    let told = |world: &World| {
        let is_told = |message: &&Response| matches!(message, Response::SubscribedQualityUpdate(_));
        world.inbox(&a).messages.iter().filter(is_told).count()
    };
    let wanted = || Input::Media(MediaEvent::Wanted { peer, mid: "0".into(), layers: 1 });
    world.input(wanted());
    world.pass(2_000, &[&a]);
    assert_eq!(told(&world), 1);
    world.input(wanted());
    assert_eq!(told(&world), 2, "media says so only when the layer does not come");
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid: camera, muted: true }));
    world.input(wanted());
    assert_eq!(told(&world), 2, "a muted camera sends nothing");
}
