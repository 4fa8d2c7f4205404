//! Working hours: dated, and different by season where the province says so.

use chrono::Datelike;

use crate::day::Day;

/// Minutes of a working day that is split into two half days.
pub const WORKING_DAY_MINUTES: i64 = 480;

/// A day of any year, written `MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

impl std::fmt::Display for MonthDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// A text that is no day of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a month and a day")]
pub struct BadMonthDay;

impl std::str::FromStr for MonthDay {
    type Err = BadMonthDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (month, day) = text.split_once('-').ok_or(BadMonthDay)?;
        let (month, day) = (month.parse().map_err(|_| BadMonthDay)?, day.parse().map_err(|_| BadMonthDay)?);
        // A leap year knows every day that any year knows.
        Day::of(2024, month, day).map(|_| Self { month, day }).ok_or(BadMonthDay)
    }
}

impl serde::Serialize for MonthDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for MonthDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "store")]
crate::words::text_column!(MonthDay);

/// The two half days (*buổi sáng*, *buổi chiều*) of a working day, in minutes after midnight.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct WorkingHours {
    /// The first day on which they hold.
    pub valid_from: Day,
    /// The last one.
    pub valid_to: Option<Day>,
    /// The first day of the season in each year; `None` is all the year.
    pub season_from: Option<MonthDay>,
    /// The last day of the season.
    pub season_to: Option<MonthDay>,
    /// The morning begins.
    pub am_start_minute: i64,
    /// The morning ends.
    pub am_end_minute: i64,
    /// The afternoon begins.
    pub pm_start_minute: i64,
    /// The afternoon ends.
    pub pm_end_minute: i64,
    /// The text that says so.
    pub legal_basis: String,
    /// Has someone checked it against that text?
    pub confirmed: bool,
}

impl WorkingHours {
    /// Do these hours hold on a day?
    pub fn holds_on(&self, day: Day) -> bool {
        day.is_within(self.valid_from, self.valid_to) && self.in_season(day)
    }

    /// Do they hold in a part of the year only?
    pub fn is_seasonal(&self) -> bool {
        self.season_from.is_some()
    }

    fn in_season(&self, day: Day) -> bool {
        let (Some(from), Some(to)) = (self.season_from, self.season_to) else { return true };
        let day = MonthDay { month: day.month(), day: day.day() };
        if from <= to { from <= day && day <= to } else { from <= day || day <= to }
    }

    /// Minutes between the two half days.
    pub fn break_minutes(&self) -> i64 {
        (self.pm_start_minute - self.am_end_minute).max(0)
    }

    /// The hours to fall back on where no row holds: eight hours from 07:30, with a break of 90 minutes.
    pub fn fallback(day: Day) -> Self {
        Self {
            valid_from: day,
            valid_to: Some(day),
            season_from: None,
            season_to: None,
            am_start_minute: 450,
            am_end_minute: 720,
            pm_start_minute: 810,
            pm_end_minute: 1020,
            legal_basis: String::new(),
            confirmed: false,
        }
    }
}
