//! Attendance: keeping what the rooms tell, and showing it beside the roll.

use schema::{
    event::RoomEvent,
    id::SessionId,
    interval::{Connection, Hours, Interval, endpoint_of},
    moment::Moment,
    paging::Paging,
    roster::RosterLine,
    session::{Session, SessionState},
    settings::Settings as Rules,
    store::{
        StoreError, Tx,
        intervals::{self, Heard, Presented},
        roster,
        sessions::{self, SessionFilter},
    },
};

use super::{Refusal, finishing, ledger, sight, telling};
use crate::{
    app::App,
    auth::actor::Actor,
    live::{Audience, Update, UpdateBody},
};

const MINUTE_MS: i64 = 60_000;

/// Who was there, as far as is known.
#[derive(Debug, Clone)]
pub struct Attendance {
    /// The session.
    pub session: Session,
    /// As of when.
    pub at: Moment,
    /// Its endpoints.
    pub lines: Vec<AttendanceLine>,
}

/// One endpoint of a session.
#[derive(Debug, Clone)]
pub struct AttendanceLine {
    /// The endpoint and its delegates.
    pub line: RosterLine,
    /// Its connection in figures.
    pub connection: Connection,
    /// Its connection stretch by stretch.
    pub intervals: Vec<Interval>,
}

/// Why what rooms told was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The events were not written.
    #[error(transparent)]
    Events(#[from] Refusal),
    /// The events could be written, but not the ledger that they change.
    #[error("the ledger of a session that has ended could not be drawn up anew: {0}")]
    Ledger(#[source] StoreError),
}

impl From<StoreError> for NotKept {
    fn from(error: StoreError) -> Self {
        Self::Events(error.into())
    }
}

impl NotKept {
    /// Is it one of the events which the tables will never take, so that the others may be kept without it?
    pub fn is_of_an_event(&self) -> bool {
        matches!(self, Self::Events(Refusal::Store(error)) if error.is_of_the_row())
    }
}

/// How long a place is kept after the line is lost.
pub(super) fn linger_ms(app: &App) -> i64 {
    app.rule("attendance.linger_seconds") * 1000
}

/// The attendance of a session.
pub async fn show(app: &App, actor: &Actor, id: SessionId) -> Result<Attendance, Refusal> {
    let at = app.now();
    let mut tx = app.store.read().await?;
    let session = sight::find(&mut tx, actor, id).await?;
    let lines = roster::list_with_delegates(&mut tx, id).await?;
    let present = intervals::list(&mut tx, id).await?;
    let hours = hours(&app.rules, &session);
    let lines = lines.into_iter().map(|line| attend(line, &present, hours, at)).collect();
    Ok(Attendance { session, at, lines })
}

/// What counts as late and as early: measured from when the session really began and ended, but never from before
/// the planned start.
pub(super) fn hours(rules: &Rules, session: &Session) -> Hours {
    let day = session.held_on;
    Hours {
        starts_at: session.started_at.map_or(session.starts_at, |started| started.max(session.starts_at)),
        ended_at: session.ended_at,
        late_after_ms: rules.number("attendance.late_after_minutes", day) * MINUTE_MS,
        early_before_ms: rules.number("attendance.left_early_before_minutes", day) * MINUTE_MS,
    }
}

fn attend(line: RosterLine, present: &[Presented], hours: Hours, at: Moment) -> AttendanceLine {
    let own = present.iter().find(|one| one.endpoint_id == Some(line.entry.endpoint.id));
    AttendanceLine {
        connection: own.map(|one| one.timeline.connection(hours, at)).unwrap_or_default(),
        intervals: own.map(|one| one.timeline.intervals().to_vec()).unwrap_or_default(),
        line,
    }
}

/// Writes what rooms told, in the order told, and tells the browsers. Nothing is kept unless all of it is. What is
/// written only after the end of its session, because the database was away, corrects the attendance and the ledger.
pub async fn keep(app: &App, events: &[RoomEvent]) -> Result<(), NotKept> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let heard = intervals::record(&mut tx, events, linger_ms(app)).await?;
    let told = telling::order(app, &mut tx, events).await?;
    let mut updates = Vec::new();
    for Heard { session, .. } in &heard {
        let Some(found) = sessions::find(&mut tx, *session).await? else { continue };
        let audience = finishing::audience(&mut tx, &found).await?;
        let present = intervals::list(&mut tx, *session).await?;
        updates.extend(updates_of(*session, &audience, &present, events));
    }
    let unsettled: Vec<SessionId> = heard.iter().filter(|one| one.unsettled).map(|one| one.session).collect();
    ledger::settle_late(&mut tx, &unsettled, now).await.map_err(NotKept::Ledger)?;
    tx.commit().await?;
    for session in unsettled {
        tracing::warn!(session.id = %session, "a room told more after the end of its session; it was settled again");
    }
    if told {
        app.webhooks.send_modify(|count| *count = count.wrapping_add(1));
    }
    for update in updates {
        app.hub.tell(update);
    }
    Ok(())
}

/// One word for each endpoint that something happened to, and one that the whole has changed.
fn updates_of(
    session: SessionId,
    audience: &Audience,
    present: &[Presented],
    events: &[RoomEvent],
) -> Vec<Update> {
    let room = session.to_string();
    let told = |body| Update { session: Some(session), audience: audience.clone(), body };
    let about = |identity: &str| {
        let mut own = events.iter().rev().filter(|event| event.room == room);
        own.find(|event| event.kind.who().is_none_or(|who| who.identity == identity))
    };
    let mut updates: Vec<Update> = present
        .iter()
        .filter_map(|one| {
            let event = about(&one.identity)?;
            let last = one.timeline.intervals().last()?;
            Some(told(UpdateBody::Presence {
                session_id: session,
                endpoint_id: endpoint_of(&one.identity)?,
                connected: one.timeline.is_connected(),
                muted: last.muted,
                camera: last.camera,
                at: event.at,
            }))
        })
        .collect();
    updates.push(told(UpdateBody::Attendance { session_id: session }));
    updates
}

/// After a start of the program: what was open when it stopped ends at its last sign of life, and the rooms of live
/// sessions open again, so that endpoints come back by themselves.
pub async fn recover(app: &App) -> Result<(), Refusal> {
    let mut tx = app.store.write().await?;
    let settled = intervals::settle(&mut tx).await?;
    tx.commit().await?;
    if !settled.is_empty() {
        tracing::warn!(
            sessions = settled.len(),
            "the program was stopped during sessions; open intervals ended"
        );
    }
    let live = live(&mut app.store.read().await?).await?;
    for session in live.into_iter().map(|session| session.id) {
        match app.rooms.open(session).await {
            Ok(()) => tracing::info!(session.id = %session, "the room of a live session is open again"),
            // One room that cannot open must not keep all others and the schedule away.
            Err(error) => {
                tracing::error!(session.id = %session, "the room of a live session stays shut: {error}");
            }
        }
    }
    Ok(())
}

/// The sessions that run now.
pub(super) async fn live(tx: &mut Tx) -> Result<Vec<Session>, Refusal> {
    let filter = SessionFilter { state: Some(SessionState::Live), ..SessionFilter::default() };
    let mut paging = Paging::first(200);
    let mut found = Vec::new();
    loop {
        let page = sessions::list(tx, &filter, &paging).await?;
        found.extend(page.items.into_iter().map(|summary| summary.session));
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(found),
        }
    }
}
