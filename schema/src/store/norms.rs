//! Norms that were added to those that come with the program.

use super::sql::{all, execute};
use super::{StoreError, Tx};
use crate::id::NormId;
use crate::moment::Moment;
use crate::norm::{NewNorm, Norm, Norms};
use crate::text;

/// All norms ever in force.
pub async fn list(tx: &mut Tx) -> Result<Norms, StoreError> {
    let rows: Vec<Norm> = all!(
        tx,
        "SELECT id, kind, value_dong, zone, legal_basis, effective_from, effective_to, confirmed FROM norms
         ORDER BY added_at, id"
    )?;
    Ok(Norms::new(rows))
}

/// Adds a norm. One for the same kind, zone and first day takes the place of the earlier one from now on; ledgers
/// settled before keep what they were reckoned by.
pub async fn insert(tx: &mut Tx, new: &NewNorm, now: Moment) -> Result<Norm, StoreError> {
    let norm = Norm {
        id: NormId::new(now),
        kind: new.kind,
        value_dong: new.value_dong,
        zone: new.zone,
        legal_basis: text::clean(&new.legal_basis),
        effective_from: new.effective_from,
        effective_to: new.effective_to,
        confirmed: new.confirmed,
    };
    execute!(
        tx,
        "INSERT INTO norms (id, kind, value_dong, zone, legal_basis, effective_from, effective_to, confirmed, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        norm.id,
        norm.kind,
        norm.value_dong,
        norm.zone,
        &norm.legal_basis,
        norm.effective_from,
        norm.effective_to,
        norm.confirmed,
        now,
    )?;
    Ok(norm)
}
