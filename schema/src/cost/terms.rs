//! The numbers that the formula takes, frozen when a session is settled for the first time.

use crate::calendar::Calendar;
use crate::day::Day;
use crate::endpoint::Zone;
use crate::moment::Moment;
use crate::norm::{Norm, NormKind, Norms};
use crate::regime::{self, Plan};
use crate::session::Mode;
use crate::settings::{Setting, Settings};

/// Working minutes of a half day.
const HALF_DAY_MINUTES: i64 = crate::calendar::WORKING_DAY_MINUTES / 2;

/// The settings that the formula reads.
const SETTINGS: [&str; 14] = [
    "cost.petrol_ml_per_km",
    "cost.car_ml_per_km",
    "cost.persons_per_car",
    "cost.transport_threshold_metres",
    "cost.transport_threshold_metres_difficult",
    "cost.round_trip_factor",
    "cost.overnight_threshold_minutes",
    "cost.overnight_before_minute",
    "cost.refreshments_percent_low",
    "cost.refreshments_percent_likely",
    "cost.refreshments_percent_high",
    "cost.line_dong_per_endpoint",
    "cost.technician_dong_per_endpoint",
    "cost.co2_grams_per_km",
];

/// What of a session the formula takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Occasion {
    /// Civil date of the start: norms and settings are those of this day.
    pub day: Day,
    /// Minute of that day in which it starts.
    pub start_minute: i64,
    /// Half days that it takes, at least one.
    pub half_days: i64,
    /// Hình thức: nobody saves a journey to a meeting held in person.
    pub mode: Mode,
}

impl Occasion {
    /// The occasion of a plan.
    pub fn of(plan: &Plan, mode: Mode, calendar: &Calendar) -> Self {
        let minutes = regime::working_minutes(plan, calendar);
        Self {
            day: Day(plan.starts_at.date()),
            start_minute: minute_of_day(plan.starts_at),
            half_days: (minutes + HALF_DAY_MINUTES - 1).div_euclid(HALF_DAY_MINUTES).max(1),
            mode,
        }
    }
}

fn minute_of_day(moment: Moment) -> i64 {
    use chrono::Timelike;
    let local = moment.local();
    i64::from(local.hour()) * 60 + i64::from(local.minute())
}

/// The numbers in force for one session. Kept with its ledger: a correction of the roll a year later is reckoned by
/// the same ones, and a norm changed afterwards changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// The session.
    pub occasion: Occasion,
    /// Every norm in force on its day, of every kind and zone.
    pub norms: Vec<Norm>,
    /// Every setting in force on its day that the formula reads.
    pub settings: Vec<Setting>,
}

impl Terms {
    /// The numbers in force on the day of the occasion.
    pub fn on(occasion: Occasion, norms: &Norms, settings: &Settings) -> Self {
        let mut in_force: Vec<Norm> = Vec::new();
        for kind in NormKind::ALL {
            for zone in Zone::ALL {
                let norm = norms.on(*kind, *zone, occasion.day);
                in_force.extend(norm.filter(|norm| !in_force.contains(norm)).cloned());
            }
        }
        let settings = SETTINGS.iter().filter_map(|name| settings.on(name, occasion.day).cloned()).collect();
        Self { occasion, norms: in_force, settings }
    }

    /// The norm for a zone, if there is one.
    pub fn norm(&self, kind: NormKind, zone: Zone) -> Option<&Norm> {
        let in_force =
            self.norms.iter().filter(|norm| norm.kind == kind && norm.zone.is_none_or(|own| own == zone));
        in_force.max_by_key(|norm| norm.zone.is_some())
    }

    /// A setting; 0 for one that was not kept.
    pub(super) fn number(&self, name: &str) -> i64 {
        self.settings.iter().find(|setting| setting.name == name).map_or(0, |setting| setting.value)
    }

    /// From how many metres on a journey is paid.
    pub(super) fn threshold_metres(&self, zone: Zone) -> i64 {
        self.number(match zone {
            Zone::Ordinary => "cost.transport_threshold_metres",
            Zone::Difficult => "cost.transport_threshold_metres_difficult",
        })
    }
}
