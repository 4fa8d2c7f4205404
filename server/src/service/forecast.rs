//! What would come of a booking, before it is made.

use schema::{
    calendar::Calendar,
    conflict::{self, Conflict, Resource, Span, Suggestion},
    day::Day,
    field::FieldError,
    id::SessionId,
    moment::Moment,
    regime::{self, Plan, Warning},
    role::Permission,
    session::{MeetingKind, NewSession, Urgency},
    store::{Tx, bookings, calendar},
};

use super::{
    Refusal,
    booking::{named, strangers, taken_up},
};
use crate::{app::App, auth::actor::Actor};

const MINUTE_MS: i64 = 60_000;

/// Other times that are offered.
const SUGGESTIONS: usize = 5;

/// What would happen to a booking.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    /// Wrong fields.
    pub fields: Vec<FieldError>,
    /// Rules departed from.
    pub warnings: Vec<Warning>,
    /// What is taken.
    pub conflicts: Vec<Conflict>,
    /// Other times, the best first; only where something is taken.
    pub suggestions: Vec<Suggestion>,
}

/// Says what would happen, and changes nothing.
pub async fn check(
    app: &App,
    actor: &Actor,
    wanted: &NewSession,
    editing: Option<SessionId>,
) -> Result<Forecast, Refusal> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    if !actor.holds(Permission::SessionBook) {
        return Err(Refusal::Forbidden);
    }
    let mut fields = wanted.verdict(now).err().unwrap_or_default();
    let named = named(&mut tx, wanted).await?;
    fields.extend(named.verdict(wanted).err().unwrap_or_default());
    fields.extend(strangers(&mut tx, wanted, &named).await?);
    if wanted.starts_at >= wanted.ends_at {
        return Ok(Forecast { fields, ..Forecast::default() });
    }
    let calendar = calendar::load(&mut tx).await?;
    let warnings = regime::check(&Plan::of(wanted, now), &calendar, &app.rules);
    let (resources, span) = taken_up(wanted);
    let conflicts = bookings::conflicts(&mut tx, &resources, span, editing).await?;
    let suggestions = if conflicts.is_empty() {
        Vec::new()
    } else {
        suggest(app, &mut tx, &calendar, &resources, span, editing, now).await?
    };
    Ok(Forecast { fields, warnings, conflicts, suggestions })
}

/// Other times within the working hours of the next days.
async fn suggest(
    app: &App,
    tx: &mut Tx,
    calendar: &Calendar,
    resources: &[Resource],
    wanted: Span,
    editing: Option<SessionId>,
    now: Moment,
) -> Result<Vec<Suggestion>, Refusal> {
    let day = Day(wanted.starts_at.date());
    let step = app.rules.number("booking.suggestion_step_minutes", day) * MINUTE_MS;
    let days = i32::try_from(app.rules.number("booking.suggestion_working_days", day)).unwrap_or(1);
    let reach = calendar.add_working_days(day, days).signed_duration_since(*day).num_milliseconds();
    let whole = Span::new(wanted.starts_at.plus_millis(-reach), wanted.ends_at.plus_millis(reach));
    let busy = bookings::busy(tx, resources, whole, editing).await?;
    // As the kind that may last longest, and in need of no notice: what is left to ask is the working time.
    let at_work = |span: &Span| {
        let plan = Plan {
            kind: MeetingKind::Training,
            urgency: Urgency::Urgent,
            starts_at: span.starts_at,
            ends_at: span.ends_at,
            announced_at: now,
        };
        regime::check(&plan, calendar, &app.rules).is_empty()
    };
    let candidates = conflict::shifts(wanted, step, reach, now).filter(at_work);
    Ok(conflict::suggest(&busy, wanted, candidates, SUGGESTIONS))
}
