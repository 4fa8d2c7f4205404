//! Live updates: what changed, told to every browser that may know it.
//!
//! The hub forgets at once; a browser that was away reads afresh. So nothing here has to be reliable, only quick.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use schema::{
    id::{EndpointId, LoginId, SessionId, UnitId},
    moment::Moment,
    session::SessionState,
};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Updates that a slow browser may fall behind before it is told to read afresh.
const BACKLOG: usize = 1024;

/// One update.
#[derive(Debug, Clone)]
pub struct Update {
    /// The session that it is about; `None` for all.
    pub session: Option<SessionId>,
    /// Who may know.
    pub audience: Audience,
    /// What changed.
    pub body: UpdateBody,
}

/// Who may hear of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everyone.
    All,
    /// Those who may read sessions of one of these units.
    Called(Arc<[UnitId]>),
    /// Those who may book sessions of one of these units, without a unit those of the whole province: nobody else knows of
    /// it yet.
    Preparing(Arc<[Option<UnitId>]>),
}

/// What changed. The variant's name is the SSE event's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum UpdateBody {
    /// `session`: state or content.
    Session {
        /// Which.
        id: SessionId,
        /// Its state now.
        state: SessionState,
        /// Its version now.
        version: i64,
    },
    /// `attendance`: names, marks or intervals; read them again.
    Attendance {
        /// Which.
        session_id: SessionId,
    },
    /// `presence`: an endpoint came, went, or muted.
    Presence {
        /// Which session.
        session_id: SessionId,
        /// Which endpoint.
        endpoint_id: EndpointId,
        /// Connected now.
        connected: bool,
        /// Microphone muted; unknown while none is sent.
        muted: Option<bool>,
        /// Camera on; unknown while not connected.
        camera: Option<bool>,
        /// Since when.
        at: Moment,
    },
    /// `alarm`: something needs the operator; `null` when all is well again.
    Alarm(Option<Alarm>),
}

impl UpdateBody {
    /// Name of the SSE event.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Session { .. } => "session",
            Self::Attendance { .. } => "attendance",
            Self::Presence { .. } => "presence",
            Self::Alarm(_) => "alarm",
        }
    }
}

/// Something that needs the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alarm {
    /// For programs.
    pub code: AlarmCode,
    /// Both languages in one line, because it goes to everyone at once.
    pub message: String,
    /// Since when.
    pub since: Moment,
}

/// Kinds of [`Alarm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmCode {
    /// Attendance events cannot be written and wait in memory.
    EventsWaiting,
    /// Attendance events were lost: the memory was full.
    EventsLost,
}

/// Tells updates to whoever listens.
#[derive(Debug)]
pub struct Hub {
    updates: broadcast::Sender<Update>,
    /// Open streams by login.
    streams: Mutex<HashMap<LoginId, usize>>,
    most: usize,
    most_per_login: usize,
    closing: CancellationToken,
}

impl Hub {
    /// A hub for at most `most` streams, of one login at most `most_per_login`.
    pub fn new(most: usize, most_per_login: usize) -> Self {
        Self {
            updates: broadcast::Sender::new(BACKLOG),
            streams: Mutex::default(),
            most,
            most_per_login,
            closing: CancellationToken::new(),
        }
    }

    /// Tells an update. Nobody listening is no fault.
    pub fn tell(&self, update: Update) {
        drop(self.updates.send(update));
    }

    /// Listens for a login; `None` when it, or all together, have too many streams already.
    pub fn listen(self: &Arc<Self>, login: LoginId) -> Option<Listener> {
        let mut streams = self.open_streams();
        let all: usize = streams.values().sum();
        let own = streams.get(&login).copied().unwrap_or_default();
        if all >= self.most || own >= self.most_per_login {
            return None;
        }
        streams.insert(login, own + 1);
        drop(streams);
        let place = Place { hub: Arc::clone(self), login };
        Some(Listener { updates: self.updates.subscribe(), closing: self.closing.clone(), _place: place })
    }

    /// Ends every stream: the program stops.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Streams open now.
    pub fn streams(&self) -> usize {
        self.open_streams().values().sum()
    }

    fn open_streams(&self) -> MutexGuard<'_, HashMap<LoginId, usize>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream's place among the allowed ones; given back when dropped.
#[derive(Debug)]
struct Place {
    hub: Arc<Hub>,
    login: LoginId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.hub.open_streams();
        if let Some(own) = streams.get_mut(&self.login) {
            *own -= 1;
            if *own == 0 {
                streams.remove(&self.login);
            }
        }
    }
}

/// One listening browser.
#[derive(Debug)]
pub struct Listener {
    updates: broadcast::Receiver<Update>,
    closing: CancellationToken,
    _place: Place,
}

impl Listener {
    /// The next update; `None` when the browser fell behind or the program stops, and the stream must end so that
    /// the browser reconnects and reads afresh.
    pub async fn next(&mut self) -> Option<Update> {
        tokio::select! {
            () = self.closing.cancelled() => None,
            update = self.updates.recv() => update.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(n: i64) -> LoginId {
        LoginId::new(Moment::from_millis(n))
    }

    #[tokio::test]
    async fn one_stream_too_many_is_refused_and_a_closed_one_makes_room() {
        let hub = Arc::new(Hub::new(2, 2));
        let (one, other) = (login(1), login(2));
        let first = hub.listen(one);
        let second = hub.listen(other);
        assert!(first.is_some() && second.is_some());
        assert!(hub.listen(one).is_none());
        drop(first);
        assert!(hub.listen(one).is_some());
        assert_eq!(hub.streams(), 1, "a refused one and a closed one take no place");
    }

    #[tokio::test]
    async fn one_login_does_not_take_the_places_of_all() {
        let hub = Arc::new(Hub::new(10, 2));
        let (greedy, other) = (login(1), login(2));
        let held = [hub.listen(greedy), hub.listen(greedy)];
        assert!(held.iter().all(Option::is_some));
        assert!(hub.listen(greedy).is_none());
        assert!(hub.listen(other).is_some());
        drop(held);
        assert!(hub.listen(greedy).is_some());
    }

    #[tokio::test]
    async fn all_streams_end_when_the_program_stops() {
        let hub = Arc::new(Hub::new(1, 1));
        let mut listener = hub.listen(login(1)).unwrap();
        hub.close();
        assert!(listener.next().await.is_none());
    }

    #[tokio::test]
    async fn a_browser_that_fell_behind_is_sent_away_to_read_afresh() {
        let hub = Arc::new(Hub::new(1, 1));
        let mut slow = hub.listen(login(1)).unwrap();
        for _ in 0..=BACKLOG {
            hub.tell(Update { session: None, audience: Audience::All, body: UpdateBody::Alarm(None) });
        }
        assert!(slow.next().await.is_none());
    }
}
