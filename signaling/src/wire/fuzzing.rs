//! Ways in to the edge towards clients for the fuzz targets: see [`crate::fuzzing`].

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use livekit_protocol as proto;
use prost::Message as _;
use schema::moment::{Clock, Moment};

use super::join::{self, JoinQuery};
use super::tokens::{Pass, Tokens};
use super::twirp;
use crate::config::{Limits, RoomSettings};
use crate::host::{Desk, Directory, EventTap, Front, Gauges, Tenancy};
use crate::media::fuzzing::{WALL, engine};
use crate::net::Tenant as _;
use crate::room::fuzzing::{ROOM, Stage, arrival};
use crate::room::{ConnId, Input, JoinPath};

const SECRET: &str = "a secret of at least thirty-two bytes";
/// Who joins or is managed.
const CONN: ConnId = ConnId(2);
/// The methods of the room service.
const METHODS: [&str; 11] = [
    "CreateRoom",
    "ListRooms",
    "DeleteRoom",
    "ListParticipants",
    "GetParticipant",
    "RemoveParticipant",
    "MutePublishedTrack",
    "UpdateParticipant",
    "UpdateSubscriptions",
    "SendData",
    "UpdateRoomMetadata",
];

/// What a client says at the door. First byte: the rest is (0) the query as it stands in the address, (1) a join request,
/// (2) one that is wrapped, (3) a token, (4) what stands in a token that is signed as it should be.
pub fn join(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 5 {
        0 => {
            let address = [b"/rtc/v1?", rest].concat();
            let Ok(uri) = Uri::try_from(address) else { return };
            let Ok(Query(query)) = Query::try_from_uri(&uri) else { return };
            come_in(&query);
        }
        1 => {
            let wrapped = proto::WrappedJoinRequest { compression: 0, join_request: rest.to_vec() };
            come_in(&packed(&wrapped.encode_to_vec()));
        }
        2 => come_in(&packed(rest)),
        3 => show(&String::from_utf8_lossy(rest)),
        _ => {
            let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
            let said = format!("{head}.{}", URL_SAFE_NO_PAD.encode(rest));
            let key = EncodingKey::from_secret(SECRET.as_bytes());
            let Ok(seal) = jsonwebtoken::crypto::sign(said.as_bytes(), &key, Algorithm::HS256) else {
                return;
            };
            show(&format!("{said}.{seal}"));
        }
    }
}

fn packed(request: &[u8]) -> JoinQuery {
    let mut query = JoinQuery::default();
    query.join_request = Some(URL_SAFE_NO_PAD.encode(request));
    query
}

fn show(token: &str) {
    let tokens = Tokens::new("key", SECRET);
    // Whether it is let in is not what is looked at.
    let _ = tokens.verify(WALL, token);
    let _ = tokens.verify_manager(WALL, token);
}

fn come_in(query: &JoinQuery) {
    show(query.access_token.as_deref().unwrap_or_default());
    let door = arrival(CONN, JoinPath::Single);
    let pass = Pass { grant: door.grant, expires_at: door.expires_at };
    let Ok(arrival) = join::arrival(CONN, pass, query, "Firefox/153.0", Limits::default()) else { return };
    let Some(mut stage) = Stage::new() else { return };
    stage.input(Input::Arrive(Box::new(arrival)));
    stage.pass(20_000);
    stage.check();
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        WALL
    }
}

/// A call of the room service. First byte: which method, and in its highest bit whether it speaks JSON.
pub fn service(bytes: &[u8]) {
    let (Some((first, body)), Some(engine)) = (bytes.split_first(), engine()) else { return };
    let Some(method) = METHODS.get(usize::from(first & 0x7F) % METHODS.len()) else { return };
    let (gauges, directory) = (Arc::new(Gauges::default()), Arc::new(Directory::default()));
    let tokens = Arc::new(Tokens::new("key", SECRET));
    let (tap, _events) = EventTap::new(Arc::clone(&gauges));
    let limits = Limits::default();
    let tenancy =
        Tenancy::new(Arc::clone(&tokens), limits, Arc::clone(&directory), Arc::clone(&gauges), tap.pipe());
    // The worker does at once what it is told: it needs no thread.
    let worker = Mutex::new((tenancy, engine));
    let send = Box::new(move |order| {
        let (tenancy, engine) = &mut *worker.lock().unwrap_or_else(PoisonError::into_inner);
        tenancy.command(WALL, order, engine);
        true
    });
    let front = Arc::new(Front::new(
        vec![Desk { send, port: 0 }],
        directory,
        tokens,
        limits,
        gauges,
        Arc::new(Still),
        None,
    ));
    futures::executor::block_on(async {
        if front.open(ROOM, RoomSettings::default()).await.is_err() {
            return;
        }
        let _frames = front.arrive(ROOM, arrival(CONN, JoinPath::Dual));
        // A fault is an answer like any other.
        let _ = twirp::call(
            State(Arc::clone(&front)),
            Path((*method).to_owned()),
            head(first & 0x80 != 0),
            Bytes::copy_from_slice(body),
        )
        .await;
    });
}

/// The head of a request of a program that may do everything.
fn head(json: bool) -> HeaderMap {
    let claims = serde_json::json!({
        "iss": "key",
        "exp": 9_999_999_999_u64,
        "video": { "room": ROOM, "roomAdmin": true, "roomList": true, "roomCreate": true },
    });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap_or_default();
    let mut head = HeaderMap::new();
    let kind = if json { "application/json" } else { "application/protobuf" };
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    head.extend(
        HeaderValue::try_from(format!("Bearer {token}")).ok().map(|value| (header::AUTHORIZATION, value)),
    );
    head
}
