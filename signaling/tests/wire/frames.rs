//! Frames: good, bad, too large, out of order.

use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use livekit_protocol as proto;
use prost::Message as _;
use proto::leave_request::Action;
use schema::event::{LeaveReason, RoomEventKind};
use signaling::{Limits, RoomSettings};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};

use super::world::{Client, PATIENCE, ROOM, Request, Response, World};

/// The last message before the connection ends, and the number with which it does.
async fn ending(client: &mut Client) -> (Option<Response>, Option<u16>) {
    let mut last = None;
    let wait = async {
        loop {
            match client.socket.next().await {
                Some(Ok(Message::Binary(frame))) => {
                    last = proto::SignalResponse::decode(frame).expect("a frame of the protocol").message;
                }
                Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    };
    let code = tokio::time::timeout(PATIENCE, wait).await.expect("an end");
    (last, code)
}

/// Whoever sends such a thing is told to go, by the protocol and by the WebSocket, and has left the room.
async fn is_dismissed(world: &mut World, client: &mut Client, code: u16) {
    let (last, told) = ending(client).await;
    let Some(Response::Leave(leave)) = last else { panic!("not told to go, but {last:?}") };
    assert_eq!((leave.action(), leave.can_reconnect), (Action::Disconnect, false));
    assert_eq!((leave.reason(), told), (proto::DisconnectReason::SignalClose, Some(code)));
    let left = world.event(|event| matches!(event.kind, RoomEventKind::Left { .. })).await;
    let RoomEventKind::Left { who, reason } = left.kind else { unreachable!("it was waited for") };
    assert_eq!((who.sid, reason), (client.sid.clone(), LeaveReason::Lost));
}

#[tokio::test]
async fn a_frame_that_is_none_ends_that_connection_and_no_other() {
    let mut world = World::new().await;
    let mut good = world.join("good").await;
    let wild = FrameHeader { opcode: OpCode::Data(Data::Reserved(3)), ..FrameHeader::default() };
    let text = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    for (index, (frame, code)) in [
        (Message::Binary(vec![0xff; 64].into()), 1007),
        (Message::Binary(vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f].into()), 1007),
        (Message::Text("{\"offer\":{}}".into()), 1003),
        (Message::Frame(Frame::from_payload(text, vec![0xff; 8].into())), 1007),
        (Message::Frame(Frame::from_payload(wild, vec![0; 8].into())), 1002),
    ]
    .into_iter()
    .enumerate()
    {
        let mut bad = world.join(&format!("bad{index}")).await;
        bad.socket.send(frame).await.expect("open");
        is_dismissed(&mut world, &mut bad, code).await;
        assert!(good.answers().await);
    }
}

#[tokio::test]
async fn an_oversized_frame_ends_that_connection_and_no_other() {
    let limits = Limits { frame_bytes: 4096, ..Limits::default() };
    let mut world = World::with(limits, RoomSettings::default()).await;
    let mut good = world.join("good").await;
    for (index, bytes) in [4097, 64 * 1024].into_iter().enumerate() {
        let mut bad = world.join(&format!("bad{index}")).await;
        bad.socket.send(Message::Binary(vec![0; bytes].into())).await.expect("open");
        is_dismissed(&mut world, &mut bad, 1009).await;
        assert!(good.answers().await);
    }
}

#[tokio::test]
async fn messages_out_of_order_or_about_nothing_change_nothing() {
    let world = World::new().await;
    let mut client = world.join("a").await;
    client.until(|message| matches!(message, Response::Offer(_))).await;
    client.say(Request::Mute(proto::MuteTrackRequest { sid: "TR_none".into(), muted: true })).await;
    client.say(Request::Answer(proto::SessionDescription { id: 77, ..Default::default() })).await;
    client
        .say(Request::TrackSetting(proto::UpdateTrackSettings {
            track_sids: vec!["TR_none".into()],
            ..Default::default()
        }))
        .await;
    client
        .say(Request::Trickle(proto::TrickleRequest { candidate_init: "{".into(), ..Default::default() }))
        .await;
    client.say(Request::Simulate(proto::SimulateScenario::default())).await;
    client.say(Request::SyncState(proto::SyncState::default())).await;
    assert!(client.answers().await);
}

#[tokio::test]
async fn a_message_of_tomorrow_is_passed_over() {
    let world = World::new().await;
    let mut client = world.join("a").await;
    // Field 900 of the request, empty.
    client.socket.send(Message::Binary(vec![0xa2, 0x38, 0x00].into())).await.expect("open");
    assert!(client.answers().await);
}

#[tokio::test]
async fn a_frame_as_long_as_the_description_of_two_hundred_endpoints_is_read() {
    let world = World::new().await;
    let mut client = world.join("a").await;
    // The same field with 2 MiB in it.
    let mut frame = vec![0xa2, 0x38, 0x80, 0x80, 0x80, 0x01];
    frame.resize(frame.len() + (2 << 20), 0);
    client.socket.send(Message::Binary(frame.into())).await.expect("open");
    assert!(client.answers().await);
}

#[tokio::test]
async fn a_description_that_cannot_be_read_ends_that_connection_and_no_other() {
    let world = World::new().await;
    let mut good = world.join("good").await;
    let mut bad = world.join("bad").await;
    let sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=video nonsense".into();
    bad.say(Request::Offer(proto::SessionDescription { r#type: "offer".into(), sdp, ..Default::default() }))
        .await;
    assert!(bad.is_closed().await);
    assert!(good.answers().await);
}

#[tokio::test]
async fn whoever_wants_to_resume_a_place_that_is_not_there_is_told_to_join_anew() {
    let world = World::new().await;
    let path = format!("/rtc?access_token={}&reconnect=1&sid=PA_unknown", world.token("a"));
    let mut client = world.knock(&path).await.expect("the token is good");
    let Some(Response::Leave(leave)) = client.next().await else { panic!("not told") };
    assert_eq!(leave.action(), Action::Reconnect);
    assert!(world.join("b").await.answers().await, "somebody else is served meanwhile");
    let more = client.socket.next().now_or_never();
    assert!(more.is_none(), "it was hung up on before it said a word: {more:?}");
    client.say(Request::Leave(proto::LeaveRequest::default())).await;
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_ping_is_answered_in_both_dialects() {
    let world = World::new().await;
    let mut client = world.join("client").await;
    client.say(Request::Ping(1)).await;
    client.until(|message| matches!(message, Response::Pong(_))).await;
    client.say(Request::PingReq(proto::Ping { timestamp: 42, rtt: 0 })).await;
    let answer = client.until(|message| matches!(message, Response::PongResp(_))).await;
    assert!(matches!(answer, Response::PongResp(pong) if pong.last_ping_timestamp == 42));
}

#[tokio::test]
async fn a_ping_is_a_sign_of_life() {
    let world = World::new().await;
    let mut client = world.join("client").await;
    let heard = async || world.signaling.connected(ROOM).await.expect("open")[0].last_heard;
    let before = heard().await;
    let later = async {
        while heard().await == before {
            client.say(Request::Ping(1)).await;
            client.until(|message| matches!(message, Response::Pong(_))).await;
        }
    };
    tokio::time::timeout(PATIENCE, later).await.expect("it is heard");
}

#[tokio::test]
async fn a_client_that_floods_is_read_slowly_and_keeps_its_place() {
    let world = World::new().await;
    let mut flooder = world.join("flooder").await;
    let mut other = world.join("other").await;
    for _ in 0..300 {
        flooder.say(Request::Mute(proto::MuteTrackRequest { sid: "TR_none".into(), muted: true })).await;
    }
    assert!(other.answers().await, "the others do not feel it");
    assert!(flooder.answers().await);
}
