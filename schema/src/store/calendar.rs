//! Days and hours that were added to the calendar that comes with the program.

use super::sql::{all, execute};
use super::{StoreError, Tx};
use crate::calendar::{Calendar, CalendarDay, WorkingHours};

/// The whole calendar.
pub async fn load(tx: &mut Tx) -> Result<Calendar, StoreError> {
    let days: Vec<CalendarDay> = all!(tx, "SELECT * FROM calendar_days ORDER BY date")?;
    let hours: Vec<WorkingHours> = all!(tx, "SELECT * FROM working_hours ORDER BY valid_from")?;
    Ok(Calendar::new(days, hours))
}

/// Says what a day is: a day off, a swapped day, a make-up working Saturday. The latest word about a day counts.
pub async fn update_day(tx: &mut Tx, day: &CalendarDay) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO calendar_days (date, working, name_vi, name_en, legal_basis, confirmed)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (date) DO UPDATE SET working = excluded.working, name_vi = excluded.name_vi,
             name_en = excluded.name_en, legal_basis = excluded.legal_basis, confirmed = excluded.confirmed",
        day.date,
        day.working,
        &day.name_vi,
        &day.name_en,
        &day.legal_basis,
        day.confirmed,
    )?;
    Ok(())
}

/// Adds working hours. Once there are any, those that come with the program hold no more.
pub async fn insert_hours(tx: &mut Tx, hours: &WorkingHours) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO working_hours (valid_from, valid_to, season_from, season_to, am_start_minute, am_end_minute,
             pm_start_minute, pm_end_minute, legal_basis, confirmed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        hours.valid_from,
        hours.valid_to,
        hours.season_from,
        hours.season_to,
        hours.am_start_minute,
        hours.am_end_minute,
        hours.pm_start_minute,
        hours.pm_end_minute,
        &hours.legal_basis,
        hours.confirmed,
    )?;
    Ok(())
}
