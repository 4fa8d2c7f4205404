//! What the record says of sockets that come and go.

use livekit_protocol as proto;
use schema::event::{LeaveReason, RoomEventKind};
use signaling::{Limits, RoomSettings};

use super::world::{ROOM, Request, Response, World};

#[tokio::test]
async fn coming_leaving_and_closing_stand_in_the_record_without_a_hole() {
    let mut world = World::new().await;
    let mut client = world.join("a").await;
    client.say(Request::Leave(proto::LeaveRequest::default())).await;
    assert!(client.is_closed().await);
    world.signaling.close(ROOM).await.expect("open");
    let mut kinds = Vec::new();
    for seq in 1..=4 {
        let event = world.event(|_| true).await;
        assert_eq!(event.seq, seq);
        kinds.push(event.kind);
    }
    assert!(matches!(kinds[0], RoomEventKind::Opened));
    assert!(matches!(&kinds[1], RoomEventKind::Joined(who) if who.identity == "a"));
    assert!(matches!(&kinds[2], RoomEventKind::Left { reason: LeaveReason::Left, .. }));
    assert!(matches!(kinds[3], RoomEventKind::Closed));
}

#[tokio::test]
async fn a_socket_that_breaks_keeps_its_place_until_it_comes_back() {
    let mut world = World::new().await;
    let client = world.join("a").await;
    let sid = client.sid.clone();
    drop(client);
    world.event(|event| matches!(event.kind, RoomEventKind::LinkDown(_))).await;
    assert!(world.signaling.connected(ROOM).await.expect("open")[0].down);
    let path = format!("/rtc?access_token={}&reconnect=1&sid={sid}", world.token("a"));
    let mut back = world.knock(&path).await.expect("the token is good");
    assert!(matches!(back.next().await, Some(Response::Reconnect(_))));
    let event = world.event(|event| matches!(event.kind, RoomEventKind::LinkUp(_))).await;
    assert!(matches!(event.kind, RoomEventKind::LinkUp(who) if who.sid == sid));
}

#[tokio::test]
async fn a_place_is_given_up_when_the_window_has_passed() {
    let settings = RoomSettings { linger_ms: 50, ..RoomSettings::default() };
    let mut world = World::with(Limits::default(), settings).await;
    drop(world.join("a").await);
    let event = world.event(|event| matches!(event.kind, RoomEventKind::Left { .. })).await;
    assert!(matches!(event.kind, RoomEventKind::Left { reason: LeaveReason::Lost, .. }));
    assert_eq!(world.signaling.stats().participants, 0);
}

#[tokio::test]
async fn stopping_sends_everybody_to_rejoin_and_ends_the_record() {
    let mut world = World::new().await;
    let mut client = world.join("a").await;
    world.signaling.stop().await;
    let farewell = client.until(|message| matches!(message, Response::Leave(_))).await;
    assert!(
        matches!(farewell, Response::Leave(leave) if leave.action() == proto::leave_request::Action::Reconnect)
    );
    world.event(|event| matches!(event.kind, RoomEventKind::Closed)).await;
    assert!(world.events.recv().await.is_none());
    assert!(world.signaling.open("later", RoomSettings::default()).await.is_err());
}
