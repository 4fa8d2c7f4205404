//! Reports: what was held, who came, what it saved, within the units that the reader may see.

use schema::{
    day::Day,
    id::UnitId,
    norm::{NewNorm, Norm, Norms},
    report::{Period, Question, Report},
    role::Permission,
    session::MeetingKind,
    store::{norms, reports, units},
};
use serde_json::json;

use super::{Record, Refusal};
use crate::{
    app::App,
    auth::actor::{Actor, Domain},
};

/// The report of a period. Who may see only some units gets a report of these, and is refused one of another.
pub async fn report(
    app: &App,
    actor: &Actor,
    period: Period,
    under: Option<UnitId>,
    kind: Option<MeetingKind>,
) -> Result<Report, Refusal> {
    let mut tx = app.store.read().await?;
    let domain = actor.domain(&mut tx, Permission::ReportRead).await?;
    let units = match (under, domain) {
        (Some(unit), domain) => {
            units::find(&mut tx, unit).await?.ok_or(Refusal::NotFound)?;
            if !domain.has(Some(unit)) {
                return Err(Refusal::Forbidden);
            }
            Some(units::below(&mut tx, unit).await?)
        }
        (None, Domain::Everywhere) => None,
        (None, Domain::Units(held)) => Some(held.into_iter().collect()),
    };
    let question = Question { period, units, kind, today: Day(app.now().date()) };
    Ok(reports::report(&mut tx, &question, app.rule("report.percent_from")).await?)
}

/// All norms ever in force.
pub async fn norms(app: &App) -> Result<Norms, Refusal> {
    Ok(norms::list(&mut app.store.read().await?).await?)
}

/// Adds a norm. It holds for the whole province, so the permission must too.
pub async fn add_norm(app: &App, actor: &Actor, new: NewNorm) -> Result<Norm, Refusal> {
    new.verdict()?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    actor.require(&mut tx, Permission::DirectoryWrite, None).await?;
    let norm = norms::insert(&mut tx, &new, now).await?;
    Record::new(actor, now, "norm.create").on(norm.id).with(json!(norm)).write(&mut tx).await?;
    tx.commit().await?;
    Ok(norm)
}
