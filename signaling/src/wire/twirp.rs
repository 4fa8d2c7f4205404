//! LiveKit's room service over Twirp, so that its stock server SDKs work: `POST /twirp/livekit.RoomService/<method>` with
//! JSON or protobuf. What a program may do stands in its token.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use livekit_protocol as proto;
use prost::Message;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::routes::bearer;
use super::tokens::ManagerPass;
use crate::config::RoomSettings;
use crate::host::{Front, SignalingError};
use crate::room::{self, Change, Command, Rights, Which, source_of};

/// No request of this service is near this long; data messages have a limit of their own.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// A room into which nobody comes closes after this many seconds where the request names none; LiveKit's default.
const EMPTY_TIMEOUT_S: u32 = 300;
/// So many seconds a room outlives its last participant where the request names none; LiveKit's default.
const DEPARTURE_TIMEOUT_S: u32 = 20;

/// The service's one route.
pub fn router() -> Router<Arc<Front>> {
    Router::new()
        .route("/twirp/livekit.RoomService/{method}", post(call))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Errors in Twirp's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Unauthenticated,
    PermissionDenied,
    Malformed,
    InvalidArgument,
    NotFound,
    FailedPrecondition,
    ResourceExhausted,
    Unavailable,
    BadRoute,
}

impl Fault {
    /// Status, code and text. The codes are Twirp's.
    const fn said(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "not allowed"),
            Self::PermissionDenied => {
                (StatusCode::FORBIDDEN, "permission_denied", "the token does not grant this")
            }
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "the request cannot be read"),
            Self::InvalidArgument => {
                (StatusCode::BAD_REQUEST, "invalid_argument", "a name or value is missing or too long")
            }
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "no such room, participant or track"),
            // As LiveKit answers where nobody may open microphones from afar, its default.
            Self::FailedPrecondition => {
                (StatusCode::PRECONDITION_FAILED, "failed_precondition", "only the participant can unmute it")
            }
            Self::ResourceExhausted => {
                (StatusCode::TOO_MANY_REQUESTS, "resource_exhausted", "a limit is reached")
            }
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the rooms have stopped"),
            Self::BadRoute => (StatusCode::NOT_FOUND, "bad_route", "no such method"),
        }
    }
}

impl From<SignalingError> for Fault {
    fn from(error: SignalingError) -> Self {
        match error {
            SignalingError::NoRoom | SignalingError::NoParticipant | SignalingError::NoTrack => {
                Self::NotFound
            }
            SignalingError::Unmute => Self::FailedPrecondition,
            SignalingError::TooLong => Self::InvalidArgument,
            SignalingError::Limit(_) => Self::ResourceExhausted,
            SignalingError::Stopped => Self::Unavailable,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, code, msg) = self.said();
        (status, axum::Json(serde_json::json!({ "code": code, "msg": msg }))).into_response()
    }
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Protobuf,
}

impl Form {
    fn of(headers: &HeaderMap) -> Result<Self, Fault> {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match kind.split(';').next().unwrap_or_default().trim() {
            "application/json" => Ok(Self::Json),
            "application/protobuf" => Ok(Self::Protobuf),
            _ => Err(Fault::BadRoute),
        }
    }

    fn read<M: Message + Default + DeserializeOwned>(self, body: &[u8]) -> Result<M, Fault> {
        match self {
            Self::Json => serde_json::from_slice(body).map_err(|_| Fault::Malformed),
            Self::Protobuf => M::decode(body).map_err(|_| Fault::Malformed),
        }
    }

    fn write<M: Message + Serialize>(self, message: &M) -> Result<Response, Fault> {
        let (kind, body) = match self {
            Self::Json => ("application/json", serde_json::to_vec(message).map_err(|_| Fault::Malformed)?),
            Self::Protobuf => ("application/protobuf", message.encode_to_vec()),
        };
        Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response())
    }
}

/// Answers one call.
pub(super) async fn call(
    State(front): State<Arc<Front>>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Fault> {
    let form = Form::of(&headers)?;
    let token = bearer(&headers).ok_or(Fault::Unauthenticated)?;
    let pass = front.verify_manager(token).map_err(|_| Fault::Unauthenticated)?;
    let service = Service { front: &front, pass };
    match method.as_str() {
        "CreateRoom" => form.write(&service.create_room(form.read(&body)?).await?),
        "ListRooms" => form.write(&service.list_rooms(form.read(&body)?).await?),
        "DeleteRoom" => form.write(&service.delete_room(form.read(&body)?).await?),
        "ListParticipants" => form.write(&service.list_participants(form.read(&body)?).await?),
        "GetParticipant" => form.write(&service.get_participant(form.read(&body)?).await?),
        "RemoveParticipant" => form.write(&service.remove_participant(form.read(&body)?).await?),
        "MutePublishedTrack" => form.write(&service.mute_track(form.read(&body)?).await?),
        "UpdateParticipant" => form.write(&service.update_participant(form.read(&body)?).await?),
        "UpdateSubscriptions" => form.write(&service.update_subscriptions(form.read(&body)?).await?),
        "SendData" => form.write(&service.send_data(form.read(&body)?).await?),
        "UpdateRoomMetadata" => form.write(&service.update_room_metadata(form.read(&body)?).await?),
        _ => Err(Fault::BadRoute),
    }
}

/// The methods, for one caller.
struct Service<'a> {
    front: &'a Front,
    pass: ManagerPass,
}

impl Service<'_> {
    fn may(allowed: bool) -> Result<(), Fault> {
        if allowed { Ok(()) } else { Err(Fault::PermissionDenied) }
    }

    fn may_administer(&self, room: &str) -> Result<(), Fault> {
        Self::may(!room.is_empty() && self.pass.administers.as_deref() == Some(room))
    }

    fn fits(&self, text: &str) -> Result<(), Fault> {
        if text.len() <= self.front.limits().metadata_bytes { Ok(()) } else { Err(Fault::InvalidArgument) }
    }

    async fn create_room(&self, request: proto::CreateRoomRequest) -> Result<proto::Room, Fault> {
        Self::may(self.pass.creates)?;
        self.fits(&request.metadata)?;
        if request.name.is_empty() || request.name.len() > 256 {
            return Err(Fault::InvalidArgument);
        }
        let milliseconds =
            |given: u32, otherwise| Some(1000 * i64::from(if given > 0 { given } else { otherwise }));
        let mut settings = RoomSettings {
            metadata: request.metadata,
            empty_timeout_ms: milliseconds(request.empty_timeout, EMPTY_TIMEOUT_S),
            departure_timeout_ms: milliseconds(request.departure_timeout, DEPARTURE_TIMEOUT_S),
            ..RoomSettings::default()
        };
        if request.max_participants > 0 {
            settings.max_participants = usize::try_from(request.max_participants).unwrap_or(usize::MAX);
        }
        self.front.open(&request.name, settings).await?;
        Ok(self.front.describe(&request.name).await?.0)
    }

    async fn list_rooms(&self, request: proto::ListRoomsRequest) -> Result<proto::ListRoomsResponse, Fault> {
        Self::may(self.pass.lists)?;
        let mut rooms = Vec::new();
        for name in self.front.rooms() {
            if request.names.is_empty() || request.names.contains(&name) {
                // A room that closed meanwhile is not there any more.
                rooms.extend(self.front.describe(&name).await.ok().map(|(room, _)| room));
            }
        }
        Ok(proto::ListRoomsResponse { rooms })
    }

    async fn delete_room(
        &self,
        request: proto::DeleteRoomRequest,
    ) -> Result<proto::DeleteRoomResponse, Fault> {
        Self::may(self.pass.creates)?;
        self.front.command(&request.room, Command::Close).await?;
        Ok(proto::DeleteRoomResponse {})
    }

    async fn list_participants(
        &self,
        request: proto::ListParticipantsRequest,
    ) -> Result<proto::ListParticipantsResponse, Fault> {
        self.may_administer(&request.room)?;
        Ok(proto::ListParticipantsResponse { participants: self.front.describe(&request.room).await?.1 })
    }

    async fn get_participant(
        &self,
        request: proto::RoomParticipantIdentity,
    ) -> Result<proto::ParticipantInfo, Fault> {
        self.may_administer(&request.room)?;
        self.participant(&request.room, &request.identity).await
    }

    async fn participant(&self, room: &str, identity: &str) -> Result<proto::ParticipantInfo, Fault> {
        let (_, participants) = self.front.describe(room).await?;
        participants.into_iter().find(|participant| participant.identity == identity).ok_or(Fault::NotFound)
    }

    async fn remove_participant(
        &self,
        request: proto::RoomParticipantIdentity,
    ) -> Result<proto::RemoveParticipantResponse, Fault> {
        self.may_administer(&request.room)?;
        self.front.command(&request.room, Command::Remove { identity: request.identity }).await?;
        Ok(proto::RemoveParticipantResponse {})
    }

    async fn mute_track(
        &self,
        request: proto::MuteRoomTrackRequest,
    ) -> Result<proto::MuteRoomTrackResponse, Fault> {
        self.may_administer(&request.room)?;
        let track = Which::Sid(request.track_sid.clone());
        let identity = request.identity.clone();
        self.front.command(&request.room, Command::Mute { identity, track, muted: request.muted }).await?;
        let participant = self.participant(&request.room, &request.identity).await?;
        let track = participant.tracks.into_iter().find(|track| track.sid == request.track_sid);
        Ok(proto::MuteRoomTrackResponse { track })
    }

    async fn update_participant(
        &self,
        request: proto::UpdateParticipantRequest,
    ) -> Result<proto::ParticipantInfo, Fault> {
        self.may_administer(&request.room)?;
        let given = |text: String| (!text.is_empty()).then_some(text);
        let change = Change {
            name: given(request.name),
            metadata: given(request.metadata),
            attributes: request.attributes.into_iter().collect(),
            rights: request.permission.map(|permission| Rights {
                publish: permission.can_publish,
                sources: permission.can_publish_sources().map(source_of).collect(),
                subscribe: permission.can_subscribe,
                publish_data: permission.can_publish_data,
                update_own_metadata: permission.can_update_metadata,
                hidden: permission.hidden,
            }),
        };
        let identity = request.identity.clone();
        self.front.command(&request.room, Command::Change { identity, change: Box::new(change) }).await?;
        self.participant(&request.room, &request.identity).await
    }

    async fn update_subscriptions(
        &self,
        request: proto::UpdateSubscriptionsRequest,
    ) -> Result<proto::UpdateSubscriptionsResponse, Fault> {
        self.may_administer(&request.room)?;
        let update = proto::UpdateSubscription {
            track_sids: request.track_sids,
            subscribe: request.subscribe,
            participant_tracks: request.participant_tracks,
        };
        self.front.command(&request.room, Command::Subscribe { identity: request.identity, update }).await?;
        Ok(proto::UpdateSubscriptionsResponse {})
    }

    async fn send_data(&self, request: proto::SendDataRequest) -> Result<proto::SendDataResponse, Fault> {
        self.may_administer(&request.room)?;
        if request.data.len() > self.front.limits().data_bytes {
            return Err(Fault::InvalidArgument);
        }
        let reliable = request.kind() == proto::data_packet::Kind::Reliable;
        #[expect(deprecated, reason = "older SDKs name readers by their sids")]
        let message = room::Message {
            topic: request.topic,
            payload: request.data,
            to: request.destination_identities,
            to_sids: request.destination_sids,
            reliable,
        };
        self.front.command(&request.room, Command::SendData(Box::new(message))).await?;
        Ok(proto::SendDataResponse {})
    }

    async fn update_room_metadata(
        &self,
        request: proto::UpdateRoomMetadataRequest,
    ) -> Result<proto::Room, Fault> {
        self.may_administer(&request.room)?;
        self.fits(&request.metadata)?;
        self.front.command(&request.room, Command::SetMetadata(request.metadata)).await?;
        Ok(self.front.describe(&request.room).await?.0)
    }
}
