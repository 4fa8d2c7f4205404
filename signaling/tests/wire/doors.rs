//! Who is let in, and what those who are not are told.

use std::time::Duration;

use signaling::{Grant, Limits, RoomSettings};

use super::world::{ROOM, Response, World};

/// Tokens that must not open the door, each for another reason.
fn bad_tokens(world: &World) -> Vec<String> {
    let grant = Grant::endpoint(ROOM, "a", "a");
    let good = world.signaling.mint_token(&grant);
    let forged = format!("{}x", &good[..good.len() - 1]);
    let expired = world.signaling.mint_token(&Grant { ttl: Duration::ZERO, ..grant.clone() });
    let elsewhere = world.signaling.mint_token(&Grant { room: "another".into(), ..grant });
    vec![forged, expired, elsewhere, "nonsense".into(), String::new()]
}

#[tokio::test]
async fn every_refusal_reads_the_same() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for token in bad_tokens(&world) {
        for path in ["/rtc", "/rtc/v1"] {
            assert_eq!(world.knock(&format!("{path}?access_token={token}")).await.err(), Some(401));
            let answer = world.get(&format!("{path}/validate?access_token={token}")).await;
            assert!(!answer.contains("exist"), "clients take that word for something else");
            answers.push(
                answer.split_once("\r\n\r\n").map(|(head, body)| (head[..12].to_owned(), body.to_owned())),
            );
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_good_token_is_confirmed_and_pages_from_anywhere_may_ask() {
    let world = World::new().await;
    for path in ["/rtc/validate", "/rtc/v1/validate"] {
        let answer = world.get(&format!("{path}?access_token={}", world.token("a"))).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("success"), "{answer}");
        assert!(answer.to_lowercase().contains("access-control-allow-origin: *"), "{answer}");
    }
}

#[tokio::test]
async fn a_room_that_was_closed_lets_nobody_in() {
    let world = World::new().await;
    let token = world.token("a");
    world.signaling.close(ROOM).await.expect("open until now");
    assert_eq!(world.knock(&format!("/rtc?access_token={token}")).await.err(), Some(401));
    assert!(world.signaling.connected(ROOM).await.is_err());
    world.signaling.open(ROOM, RoomSettings::default()).await.expect("a room can be opened again");
    world.join("a").await;
}

#[tokio::test]
async fn a_join_request_that_cannot_be_read_is_refused_before_the_upgrade() {
    let limits = Limits { frame_bytes: 4096, ..Limits::default() };
    let world = World::with(limits, RoomSettings::default()).await;
    let token = world.token("a");
    for request in ["%25%25", "AAAA", &"A".repeat(5000)] {
        let status = world.knock(&format!("/rtc/v1?access_token={token}&join_request={request}")).await.err();
        assert_eq!(status, Some(400));
    }
    world.join("a").await;
}

#[tokio::test]
async fn no_more_sockets_than_allowed_are_held_and_a_closed_one_makes_room() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let world = World::with(limits, RoomSettings::default()).await;
    let mut first = world.join("a").await;
    let path = format!("/rtc?access_token={}", world.token("b"));
    assert_eq!(world.knock(&path).await.err(), Some(503));
    first.socket.close(None).await.expect("open");
    while world.knock(&path).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_in_the_header_is_as_good_as_one_in_the_address() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
    let world = World::new().await;
    let mut request = format!("ws://{}/rtc", world.address).into_client_request().expect("an address");
    let bearer = format!("Bearer {}", world.token("a")).parse().expect("ASCII");
    request.headers_mut().insert("authorization", bearer);
    let (socket, _) = tokio_tungstenite::connect_async(request).await.expect("let in");
    let mut client = super::world::Client { socket, sid: String::new() };
    assert!(matches!(client.next().await, Some(Response::Join(_))));
}
