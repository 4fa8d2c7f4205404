//! Publishing tracks.

use livekit_protocol as proto;
use proto::TrackSource::{Camera, Microphone, ScreenShare};
use proto::request_response::Reason;
use schema::event::TrackSource;

use super::world::{Client, World, offer, wish};
use crate::room::media::MediaEvent;
use crate::room::{Change, Command, Input, JoinPath, Refusal, Request, Response, Rights, Which};

fn refusals(world: &World, client: &Client) -> Vec<Reason> {
    let messages = world.inbox(client).messages.iter();
    messages
        .filter_map(|message| match message {
            Response::RequestResponse(response) => Some(response.reason()),
            _ => None,
        })
        .collect()
}

/// Tracks of `publisher` as `client` was last told.
fn tracks_seen(world: &World, client: &Client, publisher: &Client) -> Vec<proto::TrackInfo> {
    let messages = world.inbox(client).messages.iter().rev();
    messages
        .filter_map(|message| match message {
            Response::Update(update) => update.participants.iter().find(|p| p.sid == publisher.sid),
            _ => None,
        })
        .map(|participant| participant.tracks.clone())
        .next()
        .unwrap_or_default()
}

#[test]
fn a_track_is_promised_at_once_and_announced_when_its_media_arrives() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.say(&a, Request::AddTrack(wish("cam", Camera)));
    let sid = world.published(&a, "cam").expect("promised");
    world.say(&a, Request::Offer(offer("send:0:v:cam")));
    assert!(tracks_seen(&world, &b, &a).is_empty() && world.receives(&b).is_empty());
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&a), mid: "0".into() }));
    assert_eq!(
        tracks_seen(&world, &b, &a).iter().map(|t| t.sid.as_str()).collect::<Vec<_>>(),
        [sid.as_str()]
    );
    assert!(world.receives(&b).contains(&sid));
    assert_eq!(world.record_of("a"), ["joined", "published"]);
}

#[test]
fn media_that_arrives_before_the_wish_is_not_forgotten() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Single);
    let b = world.join("b", JoinPath::Dual);
    world.say(&a, Request::Offer(offer("recv:0:a recv:1:v send:2:v:cam")));
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&a), mid: "2".into() }));
    world.say(&a, Request::AddTrack(wish("cam", Camera)));
    assert_eq!(world.receives(&b).len(), 1);
}

#[test]
fn the_microphone_after_the_camera_leaves_the_camera_alone() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Single);
    let b = world.join("b", JoinPath::Single);
    let camera = world.publish(&a, "cam", Camera, "recv:0:a recv:1:v send:2:v:cam");
    let microphone = world.publish(&a, "mic", Microphone, "recv:0:a recv:1:v send:2:v:cam send:3:a:mic");
    assert!(world.receives(&b).contains(&camera) && world.receives(&b).contains(&microphone));
    assert_eq!(world.record_of("a"), ["joined", "published", "published"]);
}

#[test]
fn a_section_that_no_longer_sends_means_that_the_track_is_gone() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    world.say(&a, Request::Offer(offer("")));
    assert!(world.receives(&b).is_empty() && tracks_seen(&world, &b, &a).is_empty());
    assert_eq!(world.record_of("a"), ["joined", "published", "unpublished"]);
}

#[test]
fn the_same_camera_published_again_is_a_new_track_in_a_new_section() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let first = world.publish(&a, "cam", Camera, "send:0:v:cam");
    // The client asks for the track again before the offer in which the old section falls silent.
    world.say(&a, Request::AddTrack(wish("cam", Camera)));
    let second = world.published(&a, "cam").expect("promised");
    assert_ne!(first, second);
    assert!(world.receives(&b).contains(&first), "nothing is gone before the offer");
    world.say(&a, Request::Offer(offer("send:1:v:cam")));
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&a), mid: "1".into() }));
    assert_eq!(world.receives(&b).into_iter().collect::<Vec<_>>(), [second]);
    assert_eq!(world.record_of("a"), ["joined", "published", "unpublished", "published"]);
}

#[test]
fn a_track_whose_id_differs_in_the_offer_is_found_by_its_kind() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    world.say(&a, Request::AddTrack(wish("mic", Microphone)));
    world.say(&a, Request::AddTrack(wish("cam", Camera)));
    world.say(&a, Request::Offer(offer("send:0:v:other-id send:1:a:mic")));
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&a), mid: "0".into() }));
    let camera = world.room.snapshot()[0].tracks.clone();
    assert_eq!(camera, [(TrackSource::Camera, false)]);
}

#[test]
fn without_the_right_nothing_is_published() {
    let mut world = World::new();
    let mut arrival = world.arrival("listener", JoinPath::Dual);
    arrival.grant.can_publish = false;
    let listener = world.arrive(arrival).expect("let in");
    world.say(&listener, Request::AddTrack(wish("cam", Camera)));
    world.say(&listener, Request::Offer(offer("send:0:v:cam")));
    world.input(Input::Media(MediaEvent::TrackLive { peer: world.publishing(&listener), mid: "0".into() }));
    assert_eq!(refusals(&world, &listener), [Reason::NotAllowed]);
    assert!(world.room.snapshot()[0].tracks.is_empty());
}

#[test]
fn a_client_that_wants_too_many_tracks_gets_the_protocols_own_error() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    for index in 0..20 {
        world.say(&a, Request::AddTrack(wish(&format!("cam{index}"), Camera)));
    }
    assert_eq!(refusals(&world, &a), [Reason::LimitExceeded; 4]);
    assert!(!world.inbox(&a).closed);
}

#[test]
fn the_codec_that_a_client_names_and_speech_with_redundancy_are_asked_for() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let codec = proto::SimulcastCodec { codec: "vp9".into(), cid: "cam".into(), ..Default::default() };
    let camera = proto::AddTrackRequest { simulcast_codecs: vec![codec], ..wish("cam", Camera) };
    world.say(&a, Request::AddTrack(camera));
    let codec = proto::SimulcastCodec { codec: "av1".into(), cid: "second".into(), ..Default::default() };
    let second = proto::AddTrackRequest { simulcast_codecs: vec![codec], ..wish("second", Camera) };
    world.say(&a, Request::AddTrack(second));
    let codec = proto::SimulcastCodec { codec: "h265".into(), cid: "third".into(), ..Default::default() };
    let third = proto::AddTrackRequest { simulcast_codecs: vec![codec], ..wish("third", Camera) };
    world.say(&a, Request::AddTrack(third));
    world.say(&a, Request::AddTrack(wish("mic", Microphone)));
    let plain = proto::AddTrackRequest { disable_red: true, ..wish("plain", Microphone) };
    world.say(&a, Request::AddTrack(plain));
    let encryption = proto::encryption::Type::Gcm.into();
    world.say(&a, Request::AddTrack(proto::AddTrackRequest { encryption, ..wish("secret", Microphone) }));
    world.say(&a, Request::Offer(offer("send:0:v:cam send:1:a:mic send:2:a:plain send:3:a:secret")));
    let wishes: Vec<_> =
        world.media.wishes.iter().map(|wish| (wish.cid.as_str(), wish.mime_type.as_str())).collect();
    let expected = [("cam", "video/VP9"), ("second", "video/AV1"), ("mic", "audio/red")];
    assert_eq!(wishes, expected, "H.265 cannot be passed on");
}

#[test]
fn what_would_be_told_to_everybody_must_be_short() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let long = || "x".repeat(10_000);
    let codec = proto::SimulcastCodec { codec: long(), ..Default::default() };
    let requests = [
        proto::AddTrackRequest { name: long(), ..wish("1", Camera) },
        proto::AddTrackRequest { layers: vec![proto::VideoLayer::default(); 1000], ..wish("2", Camera) },
        proto::AddTrackRequest { audio_features: vec![1; 100_000], ..wish("3", Microphone) },
        proto::AddTrackRequest { simulcast_codecs: vec![codec], ..wish("4", Camera) },
    ];
    for request in requests {
        world.say(&a, Request::AddTrack(request));
    }
    assert_eq!(refusals(&world, &a), [Reason::InvalidRequest; 4]);
    assert!(!world.inbox(&a).closed);
}

#[test]
fn muting_is_told_to_all_and_recorded_once() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    for muted in [true, true, false] {
        world.say(&a, Request::Mute(proto::MuteTrackRequest { sid: sid.clone(), muted }));
    }
    assert_eq!(tracks_seen(&world, &b, &a).iter().map(|t| t.muted).collect::<Vec<_>>(), [false]);
    assert_eq!(world.record_of("a"), ["joined", "published", "muted", "unmuted"]);
}

#[test]
fn a_track_published_muted_is_known_before_it_ever_sends() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.say(&a, Request::AddTrack(proto::AddTrackRequest { muted: true, ..wish("mic", Microphone) }));
    world.say(&a, Request::Offer(offer("send:0:a:mic")));
    assert_eq!(tracks_seen(&world, &b, &a).iter().map(|t| t.muted).collect::<Vec<_>>(), [true]);
}

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

#[test]
fn the_screen_is_a_track_of_its_own_stream() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let b = world.join("b", JoinPath::Dual);
    world.publish(&a, "cam", Camera, "send:0:v:cam");
    let screen = world.publish(&a, "screen", ScreenShare, "send:0:v:cam send:1:v:screen");
    let streams: Vec<String> =
        world.media.forwards.values().map(|(_, spec)| spec.stream_id.clone()).collect();
    assert_eq!(streams, [format!("{}|camera", a.sid), format!("{}|screen_share", a.sid)]);
    assert!(world.receives(&b).contains(&screen));
}

#[test]
fn versions_rise_with_everything_that_is_told() {
    let mut world = World::new();
    let watcher = world.join("w", JoinPath::Dual);
    let a = world.join("a", JoinPath::Dual);
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid, muted: true }));
    let versions: Vec<u32> = world
        .inbox(&watcher)
        .messages
        .iter()
        .filter_map(|message| match message {
            Response::Update(update) => {
                update.participants.iter().find(|p| p.sid == a.sid).map(|p| p.version)
            }
            _ => None,
        })
        .collect();
    assert!(versions.len() >= 3 && versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
}

/// What an endpoint may do.
fn rights() -> Rights {
    let sources = Vec::new();
    Rights { publish: true, sources, subscribe: true, publish_data: true, update_own_metadata: false }
}

fn allow(world: &mut World, identity: &str, rights: Rights) {
    let change = Box::new(Change { rights: Some(rights), ..Change::default() });
    world.command(Command::Change { identity: identity.into(), change }).expect("is there");
}

#[test]
fn whoever_may_only_speak_publishes_no_picture_whatever_it_calls_it() {
    let mut world = World::new();
    let mut arrival = world.arrival("speaker", JoinPath::Dual);
    // The second is what a token says in a word that nobody knows.
    arrival.grant.sources = vec![TrackSource::Microphone, TrackSource::Unknown];
    let speaker = world.arrive(arrival).expect("let in");
    world.say(&speaker, Request::AddTrack(wish("cam", Camera)));
    for source in [Microphone, proto::TrackSource::Unknown] {
        let named = proto::AddTrackRequest { source: source.into(), ..wish("cam", Camera) };
        world.say(&speaker, Request::AddTrack(named));
    }
    assert_eq!(refusals(&world, &speaker), [Reason::NotAllowed; 3]);
    world.publish(&speaker, "mic", Microphone, "send:0:a:mic");
    assert_eq!(world.room.snapshot()[0].tracks, [(TrackSource::Microphone, false)]);
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
