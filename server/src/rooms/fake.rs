//! Rooms without media, for tests and for filling the sample data.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::{BoxFuture, FutureExt as _};
use schema::id::SessionId;

use super::{Connected, Pass, RoomFigures, Rooms, RoomsError};

/// Remembers which rooms are open and whom a test put into them.
#[derive(Debug, Default)]
pub struct FakeRooms {
    open: Mutex<HashMap<SessionId, Vec<Connected>>>,
    away: AtomicBool,
}

impl FakeRooms {
    /// Whether the room is open.
    pub fn is_open(&self, session: SessionId) -> bool {
        self.lock().contains_key(&session)
    }

    /// From now on the rooms cannot be reached, or can again.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    fn reached(&self) -> Result<(), RoomsError> {
        let away = self.away.load(Ordering::Relaxed);
        if away { Err(RoomsError::Unreachable("the test took them away".into())) } else { Ok(()) }
    }

    /// Puts somebody into an open room; the events are the test's business.
    pub fn put(&self, session: SessionId, who: Connected) {
        if let Some(room) = self.lock().get_mut(&session) {
            room.retain(|present| present.identity != who.identity);
            room.push(who);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Vec<Connected>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rooms for FakeRooms {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>> {
        let opened = self.reached();
        if opened.is_ok() {
            self.lock().entry(session).or_default();
        }
        std::future::ready(opened).boxed()
    }

    fn close(&self, session: SessionId) -> BoxFuture<'_, Result<(), RoomsError>> {
        let closed = self.reached();
        if closed.is_ok() {
            self.lock().remove(&session);
        }
        std::future::ready(closed).boxed()
    }

    fn token(&self, pass: &Pass) -> String {
        format!("fake:{}:{}:{}", pass.session, pass.identity, pass.publish)
    }

    fn connected(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<Connected>, RoomsError>> {
        std::future::ready(Ok(self.lock().get(&session).cloned().unwrap_or_default())).boxed()
    }

    fn figures(&self) -> RoomFigures {
        let open = self.lock();
        RoomFigures {
            rooms: open.len(),
            participants: open.values().map(Vec::len).sum(),
            ..RoomFigures::default()
        }
    }
}
