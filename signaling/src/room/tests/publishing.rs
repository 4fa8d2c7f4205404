//! Publishing tracks.

use livekit_protocol as proto;
use proto::TrackSource::{Camera, Microphone, ScreenShare};
use proto::request_response::Reason;
use schema::event::TrackSource;

use super::world::{Client, World, offer, wish};
use crate::room::media::MediaEvent;
use crate::room::{Input, JoinPath, Request, Response};

/// Why requests of a client were refused.
pub(super) fn refusals(world: &World, client: &Client) -> Vec<Reason> {
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
