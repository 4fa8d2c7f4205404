//! What happens between participants: messages, speakers, quality of lines.

use livekit_protocol as proto;
use prost::Message as _;
use proto::TrackSource::Microphone;
use proto::data_packet::Value;
use proto::request_response::Reason;

use super::world::{Client, World};
use crate::room::media::MediaEvent;
use crate::room::{Command, Input, JoinPath, Message, Request, Response};

fn packet(text: &str, sequence: u32, to: &[&str]) -> Vec<u8> {
    proto::DataPacket {
        sequence,
        destination_identities: to.iter().map(|identity| (*identity).to_owned()).collect(),
        participant_identity: "somebody else".into(),
        value: Some(Value::User(proto::UserPacket { payload: text.into(), ..Default::default() })),
        ..Default::default()
    }
    .encode_to_vec()
}

fn send(world: &mut World, from: &Client, frame: Vec<u8>) {
    let peer = world.publishing(from);
    world.input(Input::Media(MediaEvent::Data { peer, reliable: true, frame }));
}

/// Texts that reached a client, each with its sender.
fn received(world: &World, client: &Client) -> Vec<(String, String)> {
    let peer = &world.media.peers[&world.receiving(client)];
    peer.data
        .iter()
        .filter_map(|(_, frame)| proto::DataPacket::decode(frame.as_slice()).ok())
        .filter_map(|packet| match packet.value {
            Some(Value::User(user)) => {
                Some((packet.participant_identity, String::from_utf8_lossy(&user.payload).into_owned()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_message_reaches_everybody_else_under_its_senders_true_name() {
    let mut world = World::new();
    let (a, b, c) =
        (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual), world.join("c", JoinPath::Single));
    send(&mut world, &a, packet("hello", 1, &[]));
    for reader in [&b, &c] {
        assert_eq!(received(&world, reader), [("a".to_owned(), "hello".to_owned())]);
    }
    assert!(received(&world, &a).is_empty());
}

#[test]
fn a_message_to_one_reaches_only_that_one() {
    let mut world = World::new();
    let (a, b, c) =
        (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual), world.join("c", JoinPath::Dual));
    send(&mut world, &a, packet("psst", 1, &["c"]));
    assert!(received(&world, &b).is_empty());
    assert_eq!(received(&world, &c).len(), 1);
}

#[test]
fn what_a_client_repeats_after_coming_back_arrives_once() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    send(&mut world, &a, packet("one", 1, &[]));
    send(&mut world, &a, packet("two", 2, &[]));
    world.lose_socket(&a);
    let back = world.resume(&a);
    let Response::Reconnect(reconnect) = &world.inbox(&back).messages[0] else {
        panic!("not welcomed back first")
    };
    assert_eq!(reconnect.last_message_seq, 2);
    send(&mut world, &back, packet("two", 2, &[]));
    send(&mut world, &back, packet("three", 3, &[]));
    let texts: Vec<String> = received(&world, &b).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[test]
fn without_the_right_and_beyond_the_limit_no_message_passes() {
    let mut world = World::new();
    let reader = world.join("reader", JoinPath::Dual);
    let mut arrival = world.arrival("mute", JoinPath::Dual);
    arrival.grant.can_publish_data = false;
    let mute = world.arrive(arrival).expect("let in");
    send(&mut world, &mute, packet("hello", 1, &[]));
    let talker = world.join("talker", JoinPath::Dual);
    send(&mut world, &talker, packet(&"x".repeat(70_000), 1, &[]));
    send(&mut world, &talker, b"\xff\xff not a packet".to_vec());
    assert!(received(&world, &reader).is_empty());
}

#[test]
fn nobody_but_the_server_says_who_speaks() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    #[expect(deprecated, reason = "this is what a forger would send")]
    let forged = proto::DataPacket {
        value: Some(Value::Speaker(proto::ActiveSpeakerUpdate::default())),
        ..Default::default()
    };
    send(&mut world, &a, forged.encode_to_vec());
    assert!(world.media.peers[&world.receiving(&b)].data.is_empty());
}

#[test]
fn the_server_sends_messages_too() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Single));
    let message = Message {
        topic: Some("floor".into()),
        payload: b"you".to_vec(),
        to: vec!["b".into()],
        to_sids: Vec::new(),
        reliable: true,
    };
    world.command(Command::SendData(Box::new(message))).expect("never refused");
    assert!(received(&world, &a).is_empty());
    assert_eq!(received(&world, &b), [(String::new(), "you".to_owned())]);
}

fn speakers(world: &World, client: &Client) -> Vec<(String, bool)> {
    let messages = world.inbox(client).messages.iter();
    messages
        .filter_map(|message| match message {
            Response::SpeakersChanged(changed) => Some(&changed.speakers),
            _ => None,
        })
        .flatten()
        .map(|speaker| (speaker.sid.clone(), speaker.active))
        .collect()
}

#[test]
fn speaking_is_told_when_it_begins_and_when_it_ends() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let peer = world.publishing(&a);
    for level in [0.001, 0.3, 0.31, 0.0] {
        world.input(Input::Media(MediaEvent::Levels(vec![(peer, "0".into(), level)])));
    }
    assert_eq!(speakers(&world, &b), [(a.sid.clone(), true), (a.sid.clone(), false)]);
}

#[test]
fn a_newcomer_and_whoever_comes_back_hear_who_is_speaking() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let peer = world.publishing(&a);
    world.lose_socket(&b);
    world.input(Input::Media(MediaEvent::Levels(vec![(peer, "0".into(), 0.3)])));
    let (b, c) = (world.resume(&b), world.join("c", JoinPath::Single));
    for client in [&b, &c] {
        assert_eq!(speakers(&world, client), [(a.sid.clone(), true)], "{}", client.identity);
    }
}

#[test]
fn whoever_mutes_while_speaking_speaks_no_more() {
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    let sid = world.publish(&a, "mic", Microphone, "send:0:a:mic");
    let peer = world.publishing(&a);
    world.input(Input::Media(MediaEvent::Levels(vec![(peer, "0".into(), 0.5)])));
    world.say(&a, Request::Mute(proto::MuteTrackRequest { sid, muted: true }));
    assert_eq!(speakers(&world, &b).last(), Some(&(a.sid.clone(), false)));
}

/// How good a client was told that another's line is, in order.
fn qualities(world: &World, client: &Client, of: &Client) -> Vec<proto::ConnectionQuality> {
    let messages = world.inbox(client).messages.iter();
    messages
        .filter_map(|message| match message {
            Response::ConnectionQuality(update) => Some(&update.updates),
            _ => None,
        })
        .flatten()
        .filter(|update| update.participant_sid == of.sid)
        .map(proto::ConnectionQualityInfo::quality)
        .collect()
}

#[test]
fn as_soon_as_media_flows_everybody_knows_how_good_everybodys_line_is() {
    use proto::ConnectionQuality::Excellent;
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Single));
    for (client, of) in [(&a, &a), (&a, &b), (&b, &a), (&b, &b)] {
        assert_eq!(
            qualities(&world, client, of).first(),
            Some(&Excellent),
            "{} of {}",
            client.identity,
            of.identity
        );
    }
}

#[test]
fn whoever_sees_less_for_want_of_room_on_its_line_is_told_to_have_a_poor_one() {
    use proto::ConnectionQuality::{Excellent, Poor};
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    world.publish(&a, "cam", proto::TrackSource::Camera, "send:0:v:cam");
    let (peer, forward) = (world.receiving(&b), *world.media.forwards.keys().next().expect("it flows"));
    world.forget(&a);
    for paused in [true, false] {
        world.input(Input::Media(MediaEvent::Paused { peer, forward, paused }));
    }
    assert_eq!(qualities(&world, &a, &b), [Poor, Excellent], "the chair sees who is badly off");
}

#[test]
fn the_worse_line_counts_and_a_lost_one_is_told_as_lost() {
    use proto::ConnectionQuality::{Lost, Poor};
    let mut world = World::new();
    let (a, b) = (world.join("a", JoinPath::Dual), world.join("b", JoinPath::Dual));
    let (publishing, receiving) = (world.publishing(&a), world.receiving(&a));
    world.forget(&b);
    world.input(Input::Media(MediaEvent::Quality { peer: publishing, loss: 0.2, rtt_ms: Some(50) }));
    world.input(Input::Media(MediaEvent::Quality { peer: receiving, loss: 0.0, rtt_ms: Some(50) }));
    world.lose_socket(&a);
    assert_eq!(qualities(&world, &b, &a), [Poor, Lost]);
}

#[test]
fn a_participant_changes_its_own_profile_only_where_allowed() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let change = || {
        let attributes = [("hand".to_owned(), "up".to_owned())].into();
        Request::UpdateMetadata(proto::UpdateParticipantMetadata {
            request_id: 5,
            attributes,
            ..Default::default()
        })
    };
    world.say(&a, change());
    let mut arrival = world.arrival("b", JoinPath::Dual);
    arrival.grant.can_update_own_metadata = true;
    let b = world.arrive(arrival).expect("let in");
    world.say(&b, change());
    let reply = |client: &Client| {
        world.inbox(client).messages.iter().find_map(|message| match message {
            Response::RequestResponse(response) => Some((response.request_id, response.reason())),
            _ => None,
        })
    };
    assert_eq!(reply(&a), Some((5, Reason::NotAllowed)));
    assert_eq!(reply(&b), Some((5, Reason::Ok)));
    let raised = world.inbox(&a).messages.iter().any(|message| {
        matches!(message, Response::Update(update) if update.participants[0].attributes.get("hand").is_some_and(|v| v == "up"))
    });
    assert!(raised, "the others see the hand");
}

#[test]
fn everybody_is_told_how_many_there_are_when_that_has_changed() {
    let mut world = World::new();
    let a = world.join("a", JoinPath::Dual);
    let told = |world: &World| {
        let messages = world.inbox(&a).messages.iter();
        let counts = |room: &proto::Room| (room.num_participants, room.num_publishers);
        let told = |message: &Response| match message {
            Response::RoomUpdate(update) => update.room.as_ref().map(counts),
            _ => None,
        };
        messages.filter_map(told).collect::<Vec<_>>()
    };
    world.pass(6000, &[&a]);
    let b = world.join("b", JoinPath::Single);
    world.publish(&b, "mic", Microphone, "send:0:a:mic");
    world.pass(20_000, &[&a, &b]);
    assert_eq!(told(&world), [(1, 0), (2, 1)], "once each");
}
