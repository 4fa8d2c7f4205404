//! The working calendar: the week, public holidays, swapped days, make-up working Saturdays, and deadlines that are
//! counted in working days.

mod holiday;
mod hours;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{Datelike, Weekday};

pub use holiday::{HolidayRule, When};
pub use hours::{BadMonthDay, MonthDay, WORKING_DAY_MINUTES, WorkingHours};

use crate::day::Day;
use crate::lunar;

/// A day that is not what its weekday says: a public holiday, a swapped day off, a make-up working Saturday.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct CalendarDay {
    /// The day.
    pub date: Day,
    /// Is work done on it?
    pub working: bool,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// The text that says so.
    pub legal_basis: String,
    /// Has someone checked it against that text?
    pub confirmed: bool,
}

/// The facts of a calendar, as they are stored.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct CalendarFacts {
    /// Rules for public holidays.
    pub holidays: Vec<HolidayRule>,
    /// Days named one by one; they stand above the rules.
    pub days: Vec<CalendarDay>,
    /// Working hours.
    pub working_hours: Vec<WorkingHours>,
}

crate::words::words! {
    /// What becomes of a date of a series that falls on a day off.
    pub enum HolidayRoll {
        /// The next working day: the precedent for monthly sessions.
        Next = "next",
        /// The working day before.
        Previous = "previous",
        /// No session.
        Skip = "skip",
        /// The secretary decides.
        Ask = "ask",
    }
}

/// What [`Calendar::roll`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rolled {
    /// The session is on this day.
    On(Day),
    /// There is none.
    Skipped,
    /// To be decided between the working day before and the one after.
    Ask {
        /// The working day before.
        previous: Day,
        /// The working day after.
        next: Day,
    },
}

/// Which days are worked. Years are worked out when they are first asked for.
#[derive(Debug, Clone)]
pub struct Calendar {
    rules: Vec<HolidayRule>,
    named: BTreeMap<Day, CalendarDay>,
    hours: Vec<WorkingHours>,
    years: Vec<OnceLock<BTreeMap<Day, CalendarDay>>>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Calendar {
    /// The calendar that comes with the program ([`crate::facts::calendar`]), with these days and hours above it.
    pub fn new(days: Vec<CalendarDay>, hours: Vec<WorkingHours>) -> Self {
        let facts = crate::facts::calendar();
        let named = facts.days.into_iter().chain(days).map(|day| (day.date, day)).collect();
        let hours = if hours.is_empty() { facts.working_hours } else { hours };
        let years = lunar::YEARS.map(|_| OnceLock::new()).collect();
        Self { rules: facts.holidays, named, hours, years }
    }

    /// What is special about a day.
    pub fn special(&self, day: Day) -> Option<&CalendarDay> {
        self.named.get(&day).or_else(|| self.holidays(day.year())?.get(&day))
    }

    /// The special days of `from ..= to`, in order.
    pub fn specials(&self, from: Day, to: Day) -> Vec<&CalendarDay> {
        if from > to {
            return Vec::new();
        }
        let mut found: BTreeMap<Day, &CalendarDay> = BTreeMap::new();
        let (first, last) = (from.year().max(*lunar::YEARS.start()), to.year().min(*lunar::YEARS.end()));
        for year in first..=last {
            let holidays = self.holidays(year).into_iter().flatten();
            found.extend(holidays.map(|(day, note)| (*day, note)));
        }
        found.extend(self.named.range(from..=to).map(|(day, note)| (*day, note)));
        found.into_iter().filter(|(day, _)| day.is_within(from, Some(to))).map(|(_, note)| note).collect()
    }

    fn holidays(&self, year: i32) -> Option<&BTreeMap<Day, CalendarDay>> {
        let place = usize::try_from(year.checked_sub(*lunar::YEARS.start())?).ok()?;
        Some(self.years.get(place)?.get_or_init(|| holiday::of_year(&self.rules, year)))
    }

    /// Is work done on this day?
    pub fn is_working_day(&self, day: Day) -> bool {
        self.special(day).map_or_else(|| !is_rest_day(day), |special| special.working)
    }

    /// The `n`-th working day strictly after `day`, or strictly before it when `n` is negative. For `n` = 0 the day
    /// itself. A deadline "within 5 working days" is `add_working_days(end, 5)`; an invitation due 3 working days
    /// before a session goes out on `add_working_days(session, -3)` at the latest.
    #[must_use]
    pub fn add_working_days(&self, day: Day, n: i32) -> Day {
        let mut reached = day;
        for _ in 0..n.unsigned_abs() {
            reached =
                if n > 0 { self.next_working_day(reached.next()) } else { self.working_day_before(reached) };
        }
        reached
    }

    /// How many working days lie in `from .. to`, the first counted, the last not: the days of notice that an
    /// invitation of the day `from` gives for a session on the day `to`. At least `n` exactly when `from` is not
    /// after `add_working_days(to, -n)`.
    pub fn working_days_between(&self, from: Day, to: Day) -> i64 {
        let mut count = 0;
        let mut day = from;
        while day < to {
            count += i64::from(self.is_working_day(day));
            day = day.next();
        }
        count
    }

    /// The first working day from `day` on.
    #[must_use]
    pub fn next_working_day(&self, day: Day) -> Day {
        let mut day = day;
        while !self.is_working_day(day) && day != day.next() {
            day = day.next();
        }
        day
    }

    /// The last working day strictly before `day`.
    #[must_use]
    pub fn working_day_before(&self, day: Day) -> Day {
        let mut day = day.previous();
        while !self.is_working_day(day) && day != day.previous() {
            day = day.previous();
        }
        day
    }

    /// Where a date of a series comes to lie.
    pub fn roll(&self, day: Day, how: HolidayRoll) -> Rolled {
        if self.is_working_day(day) {
            return Rolled::On(day);
        }
        match how {
            HolidayRoll::Next => Rolled::On(self.next_working_day(day)),
            HolidayRoll::Previous => Rolled::On(self.working_day_before(day)),
            HolidayRoll::Skip => Rolled::Skipped,
            HolidayRoll::Ask => {
                Rolled::Ask { previous: self.working_day_before(day), next: self.next_working_day(day) }
            }
        }
    }

    /// The working hours in force on a day: those of a season before those of the whole year, later rows before
    /// earlier ones.
    pub fn working_hours(&self, day: Day) -> WorkingHours {
        let in_force = self.hours.iter().filter(|hours| hours.holds_on(day));
        let best = in_force.max_by_key(|hours| (hours.is_seasonal(), hours.valid_from));
        best.cloned().unwrap_or_else(|| WorkingHours::fallback(day))
    }
}

/// Saturday and Sunday.
pub fn is_rest_day(day: Day) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests;
