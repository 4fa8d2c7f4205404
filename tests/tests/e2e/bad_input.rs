//! Whoever sends rubbish hurts only itself: one connection ends, the room and the process go on.

use std::net::UdpSocket;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tests::{
    booking::{briefing, working_day},
    client::Client,
    meeting::Meeting,
    peer::{JoinPath, sees_and_hears},
    world::{ADMINISTRATOR, Backend, Province, SECRETARY, World, whole_machine},
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, http::StatusCode},
};

/// `ws://…/rtc?access_token=…` of a ticket.
fn signal_url(ticket: &Value, token: &str) -> String {
    format!(
        "{}/rtc?access_token={token}&protocol=16&auto_subscribe=1",
        ticket["url"].as_str().expect("a URL")
    )
}

/// Datagrams of every kind that the media port tells apart by the first byte: STUN, DTLS, RTP, RTCP, and none of them.
fn stray_datagrams() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [0x00_u8, 0x01, 0x14, 0x16, 0x17, 0x3f, 0x80, 0x90, 0xbf, 0xff]
        .iter()
        .flat_map(|first| {
            [1_usize, 3, 12, 19, 20, 28, 200, 1472].map(|length| {
                let mut datagram: Vec<u8> =
                    (0..length).map(|n| u8::try_from(n * 37 % 251).unwrap_or_default()).collect();
                datagram[0] = *first;
                datagram
            })
        })
        .collect();
    // A binding request that is well formed and signed by nobody.
    let mut forged = vec![0x00, 0x01, 0x00, 0x10, 0x21, 0x12, 0xa4, 0x42];
    forged.extend_from_slice(&[7; 12]);
    forged.extend_from_slice(&[0x00, 0x06, 0x00, 0x0b]);
    forged.extend_from_slice(b"nobody:here\0");
    all.push(forged);
    // An RTCP packet that claims to be longer than it is.
    all.push(vec![0x81, 0xc9, 0xff, 0xff, 0, 0, 0, 1]);
    all
}

#[tokio::test]
async fn rubbish_ends_one_connection_and_the_room_goes_on() {
    let _machine = whole_machine().await;
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let mut first = meeting.python(&world, 0, JoinPath::Dual).await;
    let mut second = meeting.python(&world, 1, JoinPath::Single).await;
    sees_and_hears(&mut first, None, 1, 1).await;
    let pid = world.giaoban.pid();

    let ticket = meeting.ticket(&world, 2).await;
    let token = ticket["token"].as_str().expect("a token");
    let frames = [
        Message::Binary(vec![0xff; 64].into()),
        Message::Binary(vec![0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f].into()),
        Message::Binary(vec![0x00; 4 << 20].into()),
        Message::Text("{\"not\": \"protobuf\"}".into()),
    ];
    for frame in frames {
        let (mut socket, _) = connect_async(signal_url(&ticket, token)).await.expect("the token is good");
        // An oversized frame may be refused while it is still being written.
        let sent = socket.send(frame).await;
        let closing = socket.close(None).await;
        assert!(sent.is_ok() || closing.is_err(), "a socket that refuses a frame is closed");
        while let Some(Ok(_)) = socket.next().await {}
    }

    let system = world.login(ADMINISTRATOR).await.get("/system").await.ok();
    let media = format!("127.0.0.1:{}", system["media"]["port"]);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for datagram in stray_datagrams() {
        stranger.send_to(&datagram, &media).expect("loopback takes it");
    }

    sees_and_hears(&mut first, None, 1, 1).await;
    sees_and_hears(&mut second, None, 1, 1).await;
    assert_eq!(world.giaoban.pid(), pid, "the same process");
    assert_eq!(world.login(SECRETARY).await.get("/me").await.status, 200);
    first.finish().await;
    second.finish().await;
}

#[tokio::test]
async fn a_forged_expired_or_foreign_token_is_refused_alike() {
    let world = World::empty(Backend::Sqlite).await;
    let meeting = Meeting::start(&world).await;
    let ticket = meeting.ticket(&world, 0).await;
    let token = ticket["token"].as_str().expect("a token");
    let (head, signature) = token.rsplit_once('.').expect("a JWT");
    let turned: String = signature.chars().rev().collect();
    let forged =
        [format!("{head}.{turned}"), format!("{head}."), "eyJhbGciOiJub25lIn0.e30.".into(), String::new()];
    for token in forged {
        let refused = connect_async(signal_url(&ticket, &token)).await;
        let Err(Error::Http(answer)) = refused else { panic!("a forged token opens nothing: {refused:?}") };
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn wrong_passwords_say_nothing_and_lock_the_account() {
    let world = World::empty(Backend::Sqlite).await;
    let administrator = world.login(ADMINISTRATOR).await;
    Province::make(&administrator, &[]).await;
    let nobody = Client::try_login(world.base(), "nobody", "Sai-mat-khau-2026!").await.1;
    let wrong = Client::try_login(world.base(), SECRETARY.0, "Sai-mat-khau-2026!").await.1;
    let (nobody, wrong) = (nobody.refused(401, "wrong_credentials"), wrong.refused(401, "wrong_credentials"));
    assert_eq!(nobody["detail"], wrong["detail"], "the answer does not say which part was wrong");
    for _ in 0..4 {
        Client::try_login(world.base(), SECRETARY.0, "Sai-mat-khau-2026!").await;
    }
    Client::try_login(world.base(), SECRETARY.0, SECRETARY.1).await.1.refused(429, "locked");
}

#[tokio::test]
async fn a_bad_booking_is_refused_field_by_field_and_nothing_is_saved() {
    let world = World::empty(Backend::Sqlite).await;
    let administrator = world.login(ADMINISTRATOR).await;
    let province = Province::make(&administrator, &[("Mường Nhé", 195_000, 290)]).await;
    let secretary = world.login(SECRETARY).await;
    let good = briefing(&province.host, &[&province.members[0]], working_day(&secretary, 8).await, 90);
    let with = |changes: Value| {
        let mut wish = good.clone();
        for (name, value) in changes.as_object().expect("an object") {
            wish[name] = value.clone();
        }
        wish
    };
    let bad = [
        (with(json!({"ends_at": good["starts_at"]})), "ends_at"),
        (
            with(json!({"starts_at": "2020-01-06T08:00:00+07:00", "ends_at": "2020-01-06T09:00:00+07:00"})),
            "starts_at",
        ),
        (with(json!({"subject": "  "})), "subject"),
        (with(json!({"endpoint_ids": ["00000000-0000-7000-8000-000000000000"]})), "endpoint_ids"),
        (with(json!({"urgency": "urgent"})), "urgency_reason"),
    ];
    for (wish, field) in bad {
        let problem = secretary.post("/sessions", &wish).await.refused(422, "invalid");
        let fields = problem["fields"].as_array().expect("fields");
        assert!(
            fields.iter().any(|f| f["field"].as_str().is_some_and(|name| name.starts_with(field))),
            "{field}: {problem:#}"
        );
    }
    let list = secretary.get("/sessions").await.ok();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(0), "nothing is half saved");

    // Without the token against forged requests nothing changes, whoever is signed in.
    let mut forged = secretary.clone();
    forged.me = Value::Null;
    assert_eq!(forged.post("/sessions", &good).await.status, 403);
    assert_eq!(Client::stranger(world.base()).get("/sessions").await.status, 401);
}
