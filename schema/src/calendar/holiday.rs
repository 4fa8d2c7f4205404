//! Public holidays: rules by year, and the day off in their stead when they fall on a rest day.

use std::collections::BTreeMap;

use chrono::Days;

use super::{CalendarDay, is_rest_day};
use crate::day::Day;
use crate::lunar;

/// When a holiday is kept.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// A month and a day of the month.
    Solar(u32, u32),
    /// The first day of the lunar year.
    Tet,
    /// The tenth day of the third lunar month.
    GioTo,
}

/// One rule. Of several rules with the same key the one that began last holds: the announcement of a single year
/// stands beside the rule that it departs from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HolidayRule {
    /// Which holiday.
    pub key: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// When it is kept.
    pub when: When,
    /// The first day off, counted from the day of [`HolidayRule::when`]: −1 is the day before.
    pub first_offset: i64,
    /// How many days off.
    pub days: u64,
    /// The first year in which the rule holds.
    pub from_year: i32,
    /// The last one.
    pub to_year: Option<i32>,
    /// The text that says so.
    pub legal_basis: String,
    /// Has someone checked it against that text?
    pub confirmed: bool,
}

impl HolidayRule {
    fn holds_in(&self, year: i32) -> bool {
        self.from_year <= year && self.to_year.is_none_or(|last| year <= last)
    }

    fn days_off(&self, year: i32) -> Option<Vec<Day>> {
        let day = match self.when {
            When::Solar(month, day) => Day::of(year, month, day),
            When::Tet => lunar::tet(year),
            When::GioTo => lunar::gio_to(year),
        }?;
        let first = shift(day, self.first_offset)?;
        (0..self.days).map(|n| first.checked_add_days(Days::new(n)).map(Day)).collect()
    }
}

fn shift(day: Day, days: i64) -> Option<Day> {
    let by = Days::new(days.unsigned_abs());
    if days < 0 { day.checked_sub_days(by) } else { day.checked_add_days(by) }.map(Day)
}

/// The holidays of a year and the days off in their stead.
pub(super) fn of_year(rules: &[HolidayRule], year: i32) -> BTreeMap<Day, CalendarDay> {
    let mut in_force: BTreeMap<&str, &HolidayRule> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.holds_in(year)) {
        let known = in_force.entry(rule.key.as_str()).or_insert(rule);
        if rule.from_year > known.from_year {
            *known = rule;
        }
    }
    let mut off = BTreeMap::new();
    for rule in in_force.into_values() {
        for date in rule.days_off(year).unwrap_or_default() {
            off.insert(
                date,
                CalendarDay {
                    date,
                    working: false,
                    name_vi: rule.name_vi.clone(),
                    name_en: rule.name_en.clone(),
                    legal_basis: rule.legal_basis.clone(),
                    confirmed: rule.confirmed,
                },
            );
        }
    }
    let on_rest_days: Vec<Day> = off.keys().copied().filter(|day| is_rest_day(*day)).collect();
    for holiday in on_rest_days {
        let mut instead = holiday.next();
        while is_rest_day(instead) || off.contains_key(&instead) {
            instead = instead.next();
        }
        if let Some(kept) = off.get(&holiday) {
            let compensation = CalendarDay {
                date: instead,
                name_vi: format!("Nghỉ bù {}", kept.name_vi),
                name_en: format!("{} (observed)", kept.name_en),
                ..kept.clone()
            };
            off.insert(instead, compensation);
        }
    }
    off
}
