//! Who sits at an endpoint, and whether they were there: naming delegates, điểm danh.

use std::collections::BTreeSet;

use schema::{
    delegate::{Delegate, NewDelegate, NewMark, corrections_verdict, delegates_verdict, marks_verdict},
    field::{FieldCode, Fields},
    id::{DelegateId, RosterId, SessionId},
    role::Permission,
    roster::{self as rules, RosterEntry},
    session::{Session, SessionAction, SessionState, transition},
    store::{StoreError, Tx, delegates, people, roster, sessions, units},
};
use serde_json::json;

use super::{Record, Refusal, authorship::author, finishing::finish_attendance, ledger, sight};
use crate::{app::App, auth::actor::Actor};

const DAY_MS: i64 = 24 * 3_600_000;

/// The delegates of an endpoint as somebody wants them.
#[derive(Debug, Clone)]
pub struct Naming {
    /// All of them, in their order.
    pub delegates: Vec<NewDelegate>,
    /// Who stood on the list that was changed; `None` to replace whatever stands there.
    pub known: Option<Vec<DelegateId>>,
}

/// Names the delegates of one endpoint anew. The secretariat may, and so may whoever takes the roll there; the chair's
/// consent to a substitute is for the secretariat and the operator to write down. A list that somebody else has changed
/// meanwhile stays as it is.
pub async fn name_delegates(
    app: &App,
    actor: &Actor,
    id: SessionId,
    line: RosterId,
    naming: Naming,
) -> Result<(), Refusal> {
    let Naming { delegates: named, known } = naming;
    delegates_verdict(&named, app.settings.attendance.delegates_per_endpoint)?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    sessions::lock(&mut tx, id).await?;
    let session = sight::find(&mut tx, actor, id).await?;
    let entry = roster::find(&mut tx, line).await?.filter(|entry| entry.session_id == id);
    let entry = entry.ok_or(Refusal::NotFound)?;
    let host = sight::host_unit(&mut tx, &session).await?;
    let books = actor.domain(&mut tx, Permission::SessionBook).await?.has(host);
    if !books {
        actor.require(&mut tx, Permission::RollcallTake, Some(entry.endpoint.unit_id)).await?;
    }
    transition(session.state, SessionAction::NameDelegates)?;
    check_seats(&mut tx, &entry, &named).await?;
    let (standing, elsewhere): (Vec<Delegate>, Vec<Delegate>) =
        delegates::list(&mut tx, id).await?.into_iter().partition(|one| one.roster_id == line);
    check_once(&named, &elsewhere)?;
    if known.is_some_and(|known| !are_those(&known, &standing)) {
        return Err(Refusal::Stale);
    }
    let consents = books || actor.domain(&mut tx, Permission::SessionRun).await?.has(host);
    if !consents && named.iter().any(|new| claims_consent(new, &standing)) {
        return Err(Refusal::Forbidden);
    }
    let done = delegates::replace(&mut tx, id, line, &named, now).await.map_err(|error| match error {
        StoreError::Reference => Refusal::field("delegates", FieldCode::Unknown),
        other => other.into(),
    })?;
    let detail = json!({ "endpoint_id": entry.endpoint.id, "delegates": named.len(), "added": done.added,
        "withdrawn": done.withdrawn, "changed": done.changed });
    let record = Record::new(actor, now, "session.name_delegates").on(id).with(detail);
    finish_attendance(app, tx, record, id).await
}

fn are_those(known: &[DelegateId], standing: &[Delegate]) -> bool {
    let standing: BTreeSet<DelegateId> = standing.iter().map(|one| one.id).collect();
    known.iter().copied().collect::<BTreeSet<_>>() == standing
}

/// Does it say that the chair consented where nothing that stands says so of this person?
fn claims_consent(new: &NewDelegate, standing: &[Delegate]) -> bool {
    let given = |one: &&Delegate| {
        let seat = new.seat(one.id);
        new.id == Some(one.id)
            && one.consented == Some(true)
            && (&one.full_name, &one.person_id, &one.substitute_for)
                == (&seat.full_name, &seat.person_id, &seat.substitute_for)
    };
    new.consented == Some(true) && !standing.iter().any(|one| given(&one))
}

/// A person sits at one endpoint of a session: nobody is counted twice.
fn check_once(named: &[NewDelegate], elsewhere: &[Delegate]) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    for (at, new) in named.iter().enumerate() {
        let sits = new.person_id.is_some() && elsewhere.iter().any(|one| one.person_id == new.person_id);
        fields.require(!sits, &format!("delegates.{at}.person_id"), FieldCode::Duplicate);
    }
    Ok(fields.verdict()?)
}

async fn check_seats(tx: &mut Tx, entry: &RosterEntry, named: &[NewDelegate]) -> Result<(), Refusal> {
    let own = units::below(tx, entry.endpoint.unit_id).await?;
    let ids: Vec<_> = named.iter().filter_map(|delegate| delegate.person_id).collect();
    let known = people::find_all(tx, &ids).await?;
    let seated: Vec<_> = named
        .iter()
        .enumerate()
        .filter_map(|(at, delegate)| Some((at, delegate.person_id?)))
        .map(|(at, id)| (at, known.iter().find(|person| person.id == id).cloned()))
        .collect();
    let errors = rules::seating_verdict(entry, &own, &seated);
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// Takes the roll, or corrects it: marks are added, never changed. All marks are kept, or none. A correction after the
/// end needs a reason, is the host's to make, within the days that the province allows, and draws up the ledger anew.
pub async fn take(app: &App, actor: &Actor, id: SessionId, marks: Vec<NewMark>) -> Result<(), Refusal> {
    marks_verdict(&marks)?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    sessions::lock(&mut tx, id).await?;
    let session = sight::find(&mut tx, actor, id).await?;
    transition(session.state, SessionAction::Rollcall)?;
    check_marks(&mut tx, actor, id, &marks).await?;
    if session.state == SessionState::Ended {
        check_correction(app, &mut tx, actor, &session, &marks).await?;
    }
    for mark in &marks {
        delegates::insert_mark(&mut tx, mark, &author(actor), now).await?;
    }
    if session.state == SessionState::Ended {
        ledger::settle(&mut tx, id, now).await?;
    }
    let record = Record::new(actor, now, "session.rollcall").on(id).with(json!({ "marks": marks.len() }));
    finish_attendance(app, tx, record, id).await
}

async fn check_correction(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    session: &Session,
    marks: &[NewMark],
) -> Result<(), Refusal> {
    if !sight::may_correct(tx, actor, session).await? {
        return Err(Refusal::Forbidden);
    }
    let since = app.now().millis_since(session.ended_at.unwrap_or(session.ends_at));
    if since > app.rules.number("rollcall.correction_days", session.held_on) * DAY_MS {
        return Err(Refusal::WrongState);
    }
    Ok(corrections_verdict(marks)?)
}

/// Every mark is about a delegate of this session, at an endpoint where the actor may take the roll.
async fn check_marks(tx: &mut Tx, actor: &Actor, id: SessionId, marks: &[NewMark]) -> Result<(), Refusal> {
    let domain = actor.domain(tx, Permission::RollcallTake).await?;
    let lines = roster::list_with_delegates(tx, id).await?;
    let mut fields = Fields::new();
    for (at, mark) in marks.iter().enumerate() {
        let line =
            lines.iter().find(|line| line.delegates.iter().any(|delegate| delegate.id == mark.delegate_id));
        match line {
            None => fields.refuse(format!("marks.{at}.delegate_id"), FieldCode::Unknown),
            Some(line) if domain.has(Some(line.entry.endpoint.unit_id)) => {}
            Some(_) => return Err(Refusal::Forbidden),
        }
    }
    Ok(fields.verdict()?)
}
