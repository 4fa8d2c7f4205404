//! Looking into the records of the house: the audit log and the working calendar. The log is of the whole province, and
//! so is the permission that it takes.

use schema::{
    audit::{AuditEvent, ChainVerdict},
    calendar::CalendarDay,
    day::Day,
    moment::Moment,
    paging::{Page, Paging},
    role::Permission,
    store::{audit, calendar},
};

use super::Refusal;
use crate::{app::App, auth::actor::Actor};

/// Entries of the audit log, the newest first.
pub async fn entries(
    app: &App,
    actor: &Actor,
    from: Option<Moment>,
    to: Option<Moment>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<AuditEvent>, Refusal> {
    let mut tx = app.store.read().await?;
    actor.require(&mut tx, Permission::AuditRead, None).await?;
    Ok(audit::list(&mut tx, from, to, q, paging).await?)
}

/// Whether every link of the audit log is as it was written.
pub async fn verify(app: &App, actor: &Actor) -> Result<ChainVerdict, Refusal> {
    let mut tx = app.store.read().await?;
    actor.require(&mut tx, Permission::AuditRead, None).await?;
    Ok(audit::verify(&mut tx).await?)
}

/// Days that are not what their weekday says.
pub async fn special_days(app: &App, from: Day, to: Day) -> Result<Vec<CalendarDay>, Refusal> {
    let calendar = calendar::load(&mut app.store.read().await?).await?;
    Ok(calendar.specials(from, to).into_iter().cloned().collect())
}
