//! Chi phí ước tính tiết kiệm (theo định mức): what the journeys that nobody had to make would have cost.
//!
//! For each delegate called present at an endpoint other than the host that was connected at some time:
//! ```text
//! trip_days = 1, or 2 when one_way_minutes > overnight_threshold and the session starts before overnight_before
//! nights    = trip_days − 1
//! saved     = allowance × trip_days + lodging × nights + transport + refreshments × half_days × percent
//! transport = petrol_ml_per_km × metres × round_trip_factor × price_per_litre
//! minutes   = 2 × one_way_minutes                              (never turned into money)
//! gross     = sum of saved;  net = gross − line share − technician share
//! co2       = vehicle metres × grams_per_km, persons_per_car to a vehicle
//! ```
//! The low estimate takes the cheaper of own transport and a shared car of the unit, never both, and the low percentage
//! of refreshments; the high one takes own transport and the high percentage. All amounts are whole đồng; the only
//! divisions are those of transport and refreshments, each rounded half up once per delegate.

mod savings;
mod terms;

pub use savings::{Exclusion, Line, Place, Savings, Totals, endpoint};
pub use terms::{Occasion, Terms};

/// Rises when the formula changes, so that an old ledger says by which one it was made.
pub const FORMULA_VERSION: i64 = 1;

#[cfg(test)]
mod tests;
