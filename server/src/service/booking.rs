//! Booking: the directory, the regime and everything that is booked already are asked, and the booking is made, in one
//! transaction.

use schema::{
    conflict::{Resource, Span},
    field::{FieldCode, FieldError, Fields},
    id::{SessionId, UnitId},
    moment::Moment,
    org::UnitKind,
    regime::{self, Notice, Plan, Warning},
    role::Permission,
    roster::Named,
    session::{NewSession, Session, SessionAction, transition},
    store::{Tx, bookings, calendar, endpoints, history, people, rooms, roster, sessions, units},
};
use serde_json::json;

use super::{Record, Refusal, authorship::author, finishing::finish};
use crate::{app::App, auth::actor::Actor};

/// Longest reason for going past a warning, in characters.
const REASON_CHARS: usize = 1000;

/// A warning that somebody goes past, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoned {
    /// Which warning.
    pub code: regime::WarningCode,
    /// Why.
    pub reason: String,
}

/// A session to book.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The session.
    pub session: NewSession,
    /// Only write it down: nothing is booked, no rule is asked.
    pub draft: bool,
    /// Warnings gone past.
    pub overrides: Vec<Reasoned>,
}

/// Books a session, or writes down a draft.
pub async fn book(app: &App, actor: &Actor, wish: Wish) -> Result<SessionId, Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    let named = sound(&mut tx, &wish.session, now).await?;
    require_host(&mut tx, actor, &named, &wish.session).await?;
    if !wish.draft {
        lock(&mut tx, &wish.session, &[]).await?;
    }
    let id = sessions::insert(&mut tx, &wish.session, actor.account_id, now).await?;
    roster::freeze(&mut tx, id, &wish.session, &named, now).await?;
    history::insert(&mut tx, id, &author(actor), SessionAction::Create, None, now).await?;
    if !wish.draft {
        let mut session = sessions::find(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
        announce(app, &mut tx, actor, &named, &wish, &mut session, now).await?;
        session.state = transition(session.state, SessionAction::Schedule)?;
        sessions::update(&mut tx, &mut session).await?;
        history::insert(&mut tx, id, &author(actor), SessionAction::Schedule, None, now).await?;
    }
    let detail =
        json!({ "subject": wish.session.subject, "draft": wish.draft, "starts_at": wish.session.starts_at });
    finish(app, tx, Record::new(actor, now, "session.book").on(id).with(detail), id).await?;
    Ok(id)
}

/// Books what the session takes up and notes the notice given and the warnings gone past.
pub(super) async fn announce(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    named: &Named,
    wish: &Wish,
    session: &mut Session,
    now: Moment,
) -> Result<(), Refusal> {
    let passed = weigh(app, tx, actor, named, wish, Plan::of(&wish.session, now)).await?;
    take(tx, session.id, &wish.session).await?;
    keep_overrides(tx, actor, session.id, &passed.overrides, now).await?;
    session.announced_at = Some(now);
    session.notice_due = passed.notice.due;
    session.notice_kept = passed.notice.kept;
    Ok(())
}

/// What passed the regime.
pub(super) struct Passed {
    /// The notice given.
    pub notice: Notice,
    /// Warnings gone past.
    pub overrides: Vec<Reasoned>,
}

/// The things named, once every field is right.
pub(super) async fn sound(tx: &mut Tx, wanted: &NewSession, now: Moment) -> Result<Named, Refusal> {
    let mut fields = wanted.verdict(now).err().unwrap_or_default();
    let named = named(tx, wanted).await?;
    fields.extend(named.verdict(wanted).err().unwrap_or_default());
    fields.extend(strangers(tx, wanted, &named).await?);
    if fields.is_empty() { Ok(named) } else { Err(Refusal::Invalid(fields)) }
}

/// People of units that are not called: the chair and all called in by name must belong to the unit of an endpoint of the
/// session, or to one below it. The districts below the province are called for themselves: of the province's own are
/// its departments.
pub(super) async fn strangers(
    tx: &mut Tx,
    wanted: &NewSession,
    named: &Named,
) -> Result<Vec<FieldError>, Refusal> {
    let called: Vec<UnitId> = named.endpoints.iter().map(|endpoint| endpoint.unit.id).collect();
    let mut fields = Fields::new();
    let chair = wanted.chair_id.map(|id| ("chair_id".to_owned(), id));
    let people = wanted.person_ids.iter().enumerate().map(|(at, id)| (format!("person_ids.{at}"), *id));
    for (field, id) in chair.into_iter().chain(people) {
        if let Some(person) = named.people.iter().find(|person| person.id == id) {
            fields.require(belongs(tx, person.unit.id, &called).await?, &field, FieldCode::OtherUnit);
        }
    }
    Ok(fields.into_errors())
}

async fn belongs(tx: &mut Tx, unit: UnitId, called: &[UnitId]) -> Result<bool, Refusal> {
    let mut of_departments_only = true;
    for above in units::lineage(tx, unit).await? {
        let Some(found) = units::find(tx, above).await? else { return Ok(false) };
        if called.contains(&above) {
            return Ok(found.kind != UnitKind::Province || of_departments_only);
        }
        of_departments_only &= found.kind == UnitKind::Department;
    }
    Ok(false)
}

/// What the directory knows of the things named.
pub(super) async fn named(tx: &mut Tx, wanted: &NewSession) -> Result<Named, Refusal> {
    Ok(Named {
        endpoints: endpoints::find_all(tx, &wanted.all_endpoints()).await?,
        rooms: rooms::find_all(tx, &wanted.room_ids).await?,
        people: people::find_all(tx, &wanted.all_people()).await?,
    })
}

/// Booking takes the permission for the unit where the chair sits.
pub(super) async fn require_host(
    tx: &mut Tx,
    actor: &Actor,
    named: &Named,
    wanted: &NewSession,
) -> Result<(), Refusal> {
    actor.require(tx, Permission::SessionBook, host_unit(named, wanted)).await
}

fn host_unit(named: &Named, wanted: &NewSession) -> Option<UnitId> {
    named.endpoints.iter().find(|endpoint| endpoint.id == wanted.host_endpoint_id).map(|host| host.unit.id)
}

/// Asks the regime. Every warning must be gone past with a reason, by one who may.
pub(super) async fn weigh(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    named: &Named,
    wish: &Wish,
    plan: Plan,
) -> Result<Passed, Refusal> {
    let calendar = calendar::load(tx).await?;
    let warnings = regime::check(&plan, &calendar, &app.rules);
    check_reasons(&wish.overrides)?;
    let reason_for = |warning: &Warning| {
        let reasoned = wish.overrides.iter().find(|reasoned| reasoned.code == warning.code());
        reasoned.filter(|_| warning.can_override).cloned()
    };
    let open: Vec<Warning> =
        warnings.iter().filter(|warning| reason_for(warning).is_none()).cloned().collect();
    if !open.is_empty() {
        return Err(Refusal::NeedsOverride(open));
    }
    if !warnings.is_empty() {
        actor.require(tx, Permission::SessionOverride, host_unit(named, &wish.session)).await?;
    }
    let mut overrides: Vec<Reasoned> = warnings.iter().filter_map(reason_for).collect();
    overrides.dedup();
    Ok(Passed { notice: regime::notice(&plan, &calendar, &app.rules), overrides })
}

fn check_reasons(overrides: &[Reasoned]) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    for (at, reasoned) in overrides.iter().enumerate() {
        fields.text(&format!("overrides.{at}.reason"), &reasoned.reason, REASON_CHARS);
        let again = overrides[..at].iter().any(|other| other.code == reasoned.code);
        fields.require(!again, &format!("overrides.{at}.code"), FieldCode::Duplicate);
    }
    Ok(fields.verdict()?)
}

/// Everything that the session takes up, and when.
pub(super) fn taken_up(wanted: &NewSession) -> (Vec<Resource>, Span) {
    let endpoints = wanted.all_endpoints().into_iter().map(Resource::Endpoint);
    let rooms = wanted.room_ids.iter().copied().map(Resource::Room);
    let people = wanted.all_people().into_iter().map(Resource::Person);
    (endpoints.chain(rooms).chain(people).collect(), Span::new(wanted.starts_at, wanted.ends_at))
}

/// Locks everything that the session takes up, besides what it held before. It comes before the lock of the session.
pub(super) async fn lock(tx: &mut Tx, wanted: &NewSession, before: &[Resource]) -> Result<(), Refusal> {
    let (mut resources, _) = taken_up(wanted);
    resources.extend(before);
    resources.sort_unstable();
    resources.dedup();
    Ok(bookings::lock(tx, &resources).await?)
}

/// Takes what was locked, unless something of it is taken.
pub(super) async fn take(tx: &mut Tx, id: SessionId, wanted: &NewSession) -> Result<(), Refusal> {
    let (resources, span) = taken_up(wanted);
    let conflicts = bookings::conflicts(tx, &resources, span, Some(id)).await?;
    if !conflicts.is_empty() {
        return Err(Refusal::Conflict(conflicts));
    }
    Ok(bookings::insert(tx, id, &resources, span).await?)
}

/// Keeps the reasons for going past warnings.
pub(super) async fn keep_overrides(
    tx: &mut Tx,
    actor: &Actor,
    id: SessionId,
    overrides: &[Reasoned],
    now: Moment,
) -> Result<(), Refusal> {
    for reasoned in overrides {
        history::insert_override(tx, id, &author(actor), reasoned.code.as_str(), &reasoned.reason, now)
            .await?;
    }
    Ok(())
}
