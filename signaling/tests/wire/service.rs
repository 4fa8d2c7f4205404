//! The room service, as a program that manages rooms calls it.

use livekit_protocol as proto;
use prost::Message as _;
use schema::event::RoomEventKind;
use serde_json::{Value, json};
use signaling::{Limits, RoomSettings};

use super::world::{ROOM, Response, World};

/// A token that grants what stands in `video`.
fn token(video: &Value) -> String {
    let claims = json!({ "iss": "key", "exp": 9_999_999_999_u64, "video": video });
    let key = jsonwebtoken::EncodingKey::from_secret(b"a secret of at least thirty-two bytes");
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token")
}

fn administrator() -> String {
    token(&json!({ "room": ROOM, "roomAdmin": true, "roomList": true, "roomCreate": true }))
}

/// Calls a method: status and answer.
async fn call(world: &World, token: &str, method: &str, body: &Value) -> (u16, Value) {
    let (status, answer) = world.post(token, method, "application/json", body.to_string().as_bytes()).await;
    (status, serde_json::from_slice(&answer).expect("JSON"))
}

#[tokio::test]
async fn rooms_are_opened_listed_and_closed() {
    let world = World::new().await;
    let admin = administrator();
    let (status, room) =
        call(&world, &admin, "CreateRoom", &json!({ "name": "second", "metadata": "m" })).await;
    assert_eq!((status, &room["name"], &room["metadata"]), (200, &json!("second"), &json!("m")));
    let (_, rooms) = call(&world, &admin, "ListRooms", &json!({})).await;
    let names: Vec<&str> =
        rooms["rooms"].as_array().into_iter().flatten().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(names, [ROOM, "second"]);
    assert_eq!(call(&world, &admin, "DeleteRoom", &json!({ "room": "second" })).await.0, 200);
    assert_eq!(call(&world, &admin, "DeleteRoom", &json!({ "room": "second" })).await.0, 404);
}

#[tokio::test]
async fn a_room_opened_by_a_program_closes_by_itself_as_livekits_do() {
    let world = World::new().await;
    let admin = administrator();
    for (name, given, empty, departure) in [
        ("default", json!({}), 300, 20),
        ("given", json!({ "emptyTimeout": 60, "departureTimeout": 5 }), 60, 5),
    ] {
        let mut wish = given;
        wish["name"] = json!(name);
        let (_, room) = call(&world, &admin, "CreateRoom", &wish).await;
        assert_eq!((&room["emptyTimeout"], &room["departureTimeout"]), (&json!(empty), &json!(departure)));
    }
    let (_, rooms) = call(&world, &admin, "ListRooms", &json!({ "names": [ROOM] })).await;
    let own = &rooms["rooms"][0];
    assert_eq!(
        (&own["emptyTimeout"], &own["departureTimeout"]),
        (&Value::Null, &Value::Null),
        "this is kept"
    );
}

#[tokio::test]
async fn participants_are_listed_changed_and_removed() {
    let mut world = World::new().await;
    let mut client = world.join("a").await;
    let admin = administrator();
    let (_, list) = call(&world, &admin, "ListParticipants", &json!({ "room": ROOM })).await;
    assert_eq!(list["participants"][0]["identity"], "a");
    let change =
        json!({ "room": ROOM, "identity": "a", "name": "Mường Nhé", "permission": { "canSubscribe": true } });
    let (status, changed) = call(&world, &admin, "UpdateParticipant", &change).await;
    assert_eq!((status, &changed["name"]), (200, &json!("Mường Nhé")));
    assert_eq!(changed["permission"]["canPublish"], Value::Null, "what is not granted is taken away");
    client.until(|message| matches!(message, Response::RefreshToken(_))).await;
    assert!(client.answers().await, "nobody is hung up on who has not said a word");
    let whom = json!({ "room": ROOM, "identity": "a" });
    assert_eq!(call(&world, &admin, "RemoveParticipant", &whom).await.0, 200);
    assert!(client.is_closed().await);
    world.event(|event| matches!(event.kind, RoomEventKind::Left { .. })).await;
    assert_eq!(call(&world, &admin, "GetParticipant", &whom).await.0, 404);
}

#[tokio::test]
async fn attributes_set_one_after_another_are_bounded_together() {
    let limits = Limits { metadata_bytes: 100, ..Limits::default() };
    let world = World::with(limits, RoomSettings::default()).await;
    let _client = world.join("a").await;
    let admin = administrator();
    let set = async |key: &str, value: String| {
        let change = json!({ "room": ROOM, "identity": "a", "attributes": { key: value } });
        call(&world, &admin, "UpdateParticipant", &change).await
    };
    assert_eq!(set("k1", "x".repeat(48)).await.0, 200);
    let (status, answer) = set("k2", "x".repeat(49)).await;
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_argument")), "one byte too many");
    let whom = json!({ "room": ROOM, "identity": "a" });
    let (_, unchanged) = call(&world, &admin, "GetParticipant", &whom).await;
    assert_eq!(unchanged["attributes"], json!({ "k1": "x".repeat(48) }));
    assert_eq!(set("k2", "x".repeat(48)).await.0, 200, "all hundred may be used");
    assert_eq!(set("k3", "x".into()).await.0, 400);
    let (_, two) = call(&world, &admin, "GetParticipant", &whom).await;
    assert_eq!(two["attributes"], json!({ "k1": "x".repeat(48), "k2": "x".repeat(48) }));
    assert_eq!(set("k1", String::new()).await.0, 200, "one that is taken away makes room");
    assert_eq!(set("k3", "x".into()).await.0, 200);
}

#[tokio::test]
async fn protobuf_is_understood_as_well() {
    let world = World::new().await;
    world.join("a").await;
    let request = proto::ListParticipantsRequest { room: ROOM.into() }.encode_to_vec();
    let (status, answer) =
        world.post(&administrator(), "ListParticipants", "application/protobuf", &request).await;
    let answer = proto::ListParticipantsResponse::decode(answer.as_slice()).expect("protobuf");
    assert_eq!((status, answer.participants[0].identity.as_str()), (200, "a"));
}

#[tokio::test]
async fn a_program_does_only_what_its_token_grants() {
    let world = World::new().await;
    let joiner = world.token("a");
    let elsewhere = token(&json!({ "room": "another", "roomAdmin": true }));
    let whom = json!({ "room": ROOM, "identity": "a" });
    for (token, status, code) in [
        ("nonsense", 401, "unauthenticated"),
        (joiner.as_str(), 403, "permission_denied"),
        (elsewhere.as_str(), 403, "permission_denied"),
    ] {
        let (got, answer) = call(&world, token, "RemoveParticipant", &whom).await;
        assert_eq!((got, answer["code"].as_str()), (status, Some(code)));
        assert_ne!(call(&world, token, "CreateRoom", &json!({ "name": "x" })).await.0, 200);
        assert_ne!(call(&world, token, "ListRooms", &json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_read_or_does_not_exist_is_answered_in_twirps_words() {
    let world = World::new().await;
    let admin = administrator();
    let (status, answer) = world.post(&admin, "ListRooms", "application/json", b"{").await;
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&answer).contains("malformed"));
    assert_eq!(call(&world, &admin, "Dance", &json!({})).await.1["code"], "bad_route");
    assert_eq!(world.post(&admin, "ListRooms", "text/plain", b"").await.0, 404);
    let long = "x".repeat(20_000);
    let (status, _) =
        call(&world, &admin, "UpdateRoomMetadata", &json!({ "room": ROOM, "metadata": long })).await;
    assert_eq!(status, 400);
}
