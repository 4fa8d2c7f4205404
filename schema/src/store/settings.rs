//! Settings: numbers of the rules, each with the date from which it holds and its legal basis.

use super::sql::{all, execute};
use super::{StoreError, Tx};
use crate::settings::{Setting, Settings};

/// All settings ever in force, by name and date.
pub async fn list(tx: &mut Tx) -> Result<Settings, StoreError> {
    let rows: Vec<Setting> = all!(
        tx,
        "SELECT name, effective_from, value, legal_basis, confirmed FROM settings ORDER BY name, effective_from"
    )?;
    Ok(Settings::new(rows))
}

/// Sets a number from a date on; one set for the same date before is replaced.
pub async fn update(tx: &mut Tx, setting: &Setting) -> Result<(), StoreError> {
    execute!(
        tx,
        "INSERT INTO settings (name, effective_from, value, legal_basis, confirmed) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name, effective_from)
         DO UPDATE SET value = excluded.value, legal_basis = excluded.legal_basis, confirmed = excluded.confirmed",
        &setting.name,
        setting.effective_from,
        setting.value,
        &setting.legal_basis,
        setting.confirmed,
    )?;
    Ok(())
}
