//! The engine inside this process: the `signaling` crate.

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use schema::id::SessionId;
use signaling::{Grant, ParticipantSnapshot, RoomSettings, Signaling, SignalingError};

use super::{Connected, Pass, RoomFigures, Rooms, RoomsError};

/// Rooms of the embedded engine. A room's name is its session's id.
#[derive(Clone)]
pub struct Embedded {
    signaling: Signaling,
}

impl Embedded {
    /// Over a running engine.
    pub fn new(signaling: Signaling) -> Self {
        Self { signaling }
    }
}

impl From<SignalingError> for RoomsError {
    fn from(error: SignalingError) -> Self {
        match error {
            SignalingError::Limit(what) => Self::Full(what.to_owned()),
            other => Self::Unreachable(other.to_string()),
        }
    }
}

impl Rooms for Embedded {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>> {
        async move { Ok(self.signaling.open(&session.to_string(), RoomSettings::default()).await?) }.boxed()
    }

    fn close(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>> {
        async move {
            match self.signaling.close(&session.to_string()).await {
                Ok(()) | Err(SignalingError::NoRoom) => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
        .boxed()
    }

    fn token(&self, pass: &Pass) -> String {
        let room = pass.session.to_string();
        let grant = if pass.publish {
            Grant::endpoint(room, &pass.identity, &pass.display_name)
        } else {
            Grant::observer(room, &pass.identity, &pass.display_name)
        };
        self.signaling.mint_token(&Grant { ttl: Duration::from_secs(pass.seconds.into()), ..grant })
    }

    fn connected(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<Connected>, RoomsError>> {
        async move {
            let present = match self.signaling.connected(&session.to_string()).await {
                Ok(present) => present,
                Err(SignalingError::NoRoom) => Vec::new(),
                Err(error) => return Err(error.into()),
            };
            Ok(present.into_iter().map(connected).collect())
        }
        .boxed()
    }

    fn figures(&self) -> RoomFigures {
        let stats = self.signaling.stats();
        RoomFigures {
            rooms: stats.rooms,
            participants: stats.participants,
            ports: stats.media_ports,
            events_lost: stats.events_lost,
        }
    }
}

fn connected(participant: ParticipantSnapshot) -> Connected {
    Connected { identity: participant.who.identity, tracks: participant.tracks, since: participant.joined_at }
}
