//! Looking into the records of the house: the audit log and the working calendar.

use schema::{
    audit::{AuditEvent, ChainVerdict},
    calendar::CalendarDay,
    day::Day,
    moment::Moment,
    paging::{Page, Paging},
    store::{audit, calendar},
};

use super::Refusal;
use crate::app::App;

/// Entries of the audit log, the newest first.
pub async fn entries(
    app: &App,
    from: Option<Moment>,
    to: Option<Moment>,
    q: Option<&str>,
    paging: &Paging,
) -> Result<Page<AuditEvent>, Refusal> {
    Ok(audit::list(&mut app.store.read().await?, from, to, q, paging).await?)
}

/// Whether every link of the audit log is as it was written.
pub async fn verify(app: &App) -> Result<ChainVerdict, Refusal> {
    Ok(audit::verify(&mut app.store.read().await?).await?)
}

/// Days that are not what their weekday says.
pub async fn special_days(app: &App, from: Day, to: Day) -> Result<Vec<CalendarDay>, Refusal> {
    let calendar = calendar::load(&mut app.store.read().await?).await?;
    Ok(calendar.specials(from, to).into_iter().cloned().collect())
}
