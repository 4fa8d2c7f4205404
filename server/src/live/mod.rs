//! Live updates: what changed, told to every browser that may know it.
//!
//! The hub forgets at once; a browser that was away reads afresh. So nothing here has to be reliable, only quick.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use schema::{
    id::{EndpointId, SessionId, UnitId},
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
    /// Units that the session concerns; `None` when everyone may know.
    pub units: Option<Arc<[UnitId]>>,
    /// What changed.
    pub body: UpdateBody,
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
    streams: AtomicUsize,
    most: usize,
    closing: CancellationToken,
}

impl Hub {
    /// A hub for at most `most` streams.
    pub fn new(most: usize) -> Self {
        Self {
            updates: broadcast::Sender::new(BACKLOG),
            streams: AtomicUsize::new(0),
            most,
            closing: CancellationToken::new(),
        }
    }

    /// Tells an update. Nobody listening is no fault.
    pub fn tell(&self, update: Update) {
        drop(self.updates.send(update));
    }

    /// Listens; `None` when there are too many streams already.
    pub fn listen(self: &Arc<Self>) -> Option<Listener> {
        let before = self.streams.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        (before < self.most).then(|| Listener {
            updates: self.updates.subscribe(),
            closing: self.closing.clone(),
            _place: place,
        })
    }

    /// Ends every stream: the program stops.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Streams open now.
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }
}

/// One stream's place among the allowed ones; given back when dropped.
#[derive(Debug)]
struct Place(Arc<Hub>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
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

    #[tokio::test]
    async fn one_stream_too_many_is_refused_and_a_closed_one_makes_room() {
        let hub = Arc::new(Hub::new(1));
        let first = hub.listen();
        assert!(first.is_some());
        assert!(hub.listen().is_none());
        drop(first);
        assert!(hub.listen().is_some());
    }

    #[tokio::test]
    async fn all_streams_end_when_the_program_stops() {
        let hub = Arc::new(Hub::new(1));
        let mut listener = hub.listen().unwrap();
        hub.close();
        assert!(listener.next().await.is_none());
    }

    #[tokio::test]
    async fn a_browser_that_fell_behind_is_sent_away_to_read_afresh() {
        let hub = Arc::new(Hub::new(1));
        let mut slow = hub.listen().unwrap();
        for _ in 0..=BACKLOG {
            hub.tell(Update { session: None, units: None, body: UpdateBody::Alarm(None) });
        }
        assert!(slow.next().await.is_none());
    }
}
