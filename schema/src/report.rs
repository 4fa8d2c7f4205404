//! Báo cáo: what was held, who came, and what it saved, over a month, a quarter or a year.

use chrono::Datelike;

use crate::day::Day;
use crate::id::{SessionId, UnitId};
use crate::moment::Moment;
use crate::org::UnitRef;
use crate::session::MeetingKind;

crate::words::words! {
    /// How long a report reaches.
    pub enum PeriodKind {
        /// Tháng.
        Month = "month",
        /// Quý.
        Quarter = "quarter",
        /// Năm.
        Year = "year",
    }
}

/// Kỳ báo cáo: one month, quarter or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How long.
    pub kind: PeriodKind,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Period {
    /// The period written `2026-01`, `2026-Q1` or `2026`; `None` for another text.
    pub fn of(kind: PeriodKind, text: &str) -> Option<Self> {
        let (year, part) = text.split_once('-').map_or((text, None), |(year, part)| (year, Some(part)));
        let well_formed = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
        let year: i32 = year.parse().ok().filter(|year| well_formed && *year > 0)?;
        let number = |digits: &str, length: usize| {
            let plain = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|_| plain)
        };
        let (first, months) = match (kind, part) {
            (PeriodKind::Year, None) => (1, 12),
            (PeriodKind::Month, Some(month)) => (number(month, 2)?, 1),
            (PeriodKind::Quarter, Some(quarter)) => {
                let quarter =
                    number(quarter.strip_prefix('Q')?, 1).filter(|quarter| (1..=4).contains(quarter))?;
                (quarter * 3 - 2, 3)
            }
            _ => return None,
        };
        let from = Day::of(year, first, 1)?;
        Some(Self { kind, from, to: last_of_month(Day::of(year, first + months - 1, 1)?) })
    }

    /// The months of the period, as `2026-01`, each with its last day.
    pub fn months(&self) -> Vec<(String, Day)> {
        let first = std::iter::successors(Some(self.from), |first| Some(last_of_month(*first).next()));
        first
            .take_while(|first| *first <= self.to)
            .map(|first| (month_of(first), last_of_month(first)))
            .collect()
    }
}

/// The month of a day, as `2026-01`.
pub fn month_of(day: Day) -> String {
    day.format("%Y-%m").to_string()
}

fn last_of_month(day: Day) -> Day {
    let next = if day.month() == 12 {
        Day::of(day.year().saturating_add(1), 1, 1)
    } else {
        Day::of(day.year(), day.month() + 1, 1)
    };
    next.map_or(day, Day::previous)
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Over which time.
    pub period: Period,
    /// What these units did; `None` is all.
    pub units: Option<Vec<UnitId>>,
    /// Meetings of this kind; `None` is all.
    pub kind: Option<MeetingKind>,
    /// Today: agencies are counted as they are today, or as they were on the last day of a period gone by.
    pub today: Day,
}

impl Question {
    /// The day on which agencies are counted in a stretch of time that ends on `to`.
    pub fn roster_date(&self, to: Day) -> Day {
        to.min(self.today.max(self.period.from))
    }
}

/// Money and time of the whole period, and how many agencies meet online.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Headline {
    /// Chi phí ước tính tiết kiệm, net of the costs of meeting online.
    pub net_dong: i64,
    /// The same before these costs.
    pub gross_dong: i64,
    /// The net sum by the cheaper assumptions.
    pub low_dong: i64,
    /// The net sum by the dearer assumptions.
    pub high_dong: i64,
    /// Time on the road that nobody spent.
    pub person_minutes_saved: i64,
    /// Carbon dioxide that no vehicle gave off.
    pub co2_grams: i64,
    /// Agencies that took part online at least once: the numerator.
    pub agencies_online: i64,
    /// Agencies below the province on the roster date, with an endpoint or without: the denominator.
    pub agencies_all: i64,
    /// Their share; `None` where the denominator is too small for a percentage.
    pub share_percent: Option<i64>,
}

/// Counts of the whole period.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ReportTotals {
    /// Sessions that were put on the schedule.
    pub sessions_booked: i64,
    /// Sessions that have ended.
    pub sessions_held: i64,
    /// Sessions called off.
    pub cancelled: i64,
    /// Sessions put off at least once, whatever came of them.
    pub postponed: i64,
    /// Endpoints called to sessions held over the line.
    pub endpoints_invited: i64,
    /// Those that connected.
    pub endpoints_joined: i64,
    /// Delegates named.
    pub delegates_named: i64,
    /// Delegates called present.
    pub delegates_present: i64,
    /// Those of them who came instead of somebody else.
    pub substitutes: i64,
    /// Minutes on line, over all endpoints.
    pub connected_minutes: i64,
    /// Minutes lost between coming and going.
    pub gap_minutes: i64,
    /// Endpoints that connected in time.
    pub on_time_endpoints: i64,
    /// Sessions held with the notice that was due.
    pub notice_kept: i64,
    /// Sessions held for which notice was due.
    pub notice_due: i64,
}

/// One month.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct MonthRow {
    /// `2026-01`.
    pub month: String,
    /// Sessions held.
    pub sessions: i64,
    /// Endpoints that connected.
    pub endpoints_joined: i64,
    /// Delegates called present.
    pub delegates_present: i64,
    /// Net sum.
    pub net_dong: i64,
    /// Time on the road that nobody spent.
    pub person_minutes_saved: i64,
    /// Agencies that took part online.
    pub agencies_online: i64,
    /// Agencies below the province at the end of the month.
    pub agencies_all: i64,
}

/// One kind of meeting.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct KindRow {
    /// Which kind.
    pub kind: MeetingKind,
    /// Sessions held.
    pub sessions: i64,
    /// Delegates called present.
    pub delegates_present: i64,
    /// Net sum.
    pub net_dong: i64,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct UnitRow {
    /// Which unit, by its name today.
    #[cfg_attr(feature = "store", sqlx(flatten))]
    pub unit: UnitRef,
    /// Times that an endpoint of it was called to a session held over the line.
    pub invited: i64,
    /// Times that one connected.
    pub joined: i64,
    /// Minutes on line.
    pub connected_minutes: i64,
    /// Delegates named.
    pub delegates_named: i64,
    /// Delegates called present.
    pub delegates_present: i64,
    /// Times that one connected late.
    pub late: i64,
    /// Net sum.
    pub net_dong: i64,
    /// Time on the road that nobody spent.
    pub person_minutes_saved: i64,
}

/// One session that was held.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct SessionRow {
    /// Identity.
    pub id: SessionId,
    /// Trích yếu.
    pub subject: String,
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Planned start.
    pub starts_at: Moment,
    /// Endpoints called, if it was held over the line.
    pub endpoints_invited: i64,
    /// Those that connected.
    pub endpoints_joined: i64,
    /// Delegates called present.
    pub delegates_present: i64,
    /// Net sum.
    pub net_dong: i64,
}

/// A report. Every figure of its head is the sum of rows below it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Report {
    /// How long it reaches.
    pub period: PeriodKind,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// The day on which agencies were counted.
    pub roster_date: Day,
    /// Does it contain sample data?
    pub sample: bool,
    /// The figures to look at first.
    pub headline: Headline,
    /// Counts.
    pub totals: ReportTotals,
    /// Month by month, months without a session included.
    pub by_month: Vec<MonthRow>,
    /// Kind by kind, those held only.
    pub by_kind: Vec<KindRow>,
    /// Unit by unit, the most saved first.
    pub by_unit: Vec<UnitRow>,
    /// Session by session.
    pub sessions: Vec<SessionRow>,
}

/// A share in whole percent, rounded half up; `None` when there are fewer than `from` to take it of, where a count
/// says more.
pub fn share_percent(part: i64, whole: i64, from: i64) -> Option<i64> {
    (whole > 0 && whole >= from).then(|| (part * 200 + whole) / (whole * 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(kind: PeriodKind, text: &str) -> Option<(String, String)> {
        Period::of(kind, text).map(|period| (period.from.to_string(), period.to.to_string()))
    }

    #[test]
    fn a_period_is_a_month_a_quarter_or_a_year() {
        let days = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(span(PeriodKind::Month, "2024-02"), days("2024-02-01", "2024-02-29"));
        assert_eq!(span(PeriodKind::Quarter, "2026-Q4"), days("2026-10-01", "2026-12-31"));
        assert_eq!(span(PeriodKind::Year, "2026"), days("2026-01-01", "2026-12-31"));
    }

    #[test]
    fn a_text_that_is_no_period_of_the_kind_is_refused() {
        for (kind, text) in [
            (PeriodKind::Month, "2026-13"),
            (PeriodKind::Month, "2026-1"),
            (PeriodKind::Month, "2026"),
            (PeriodKind::Quarter, "2026-Q5"),
            (PeriodKind::Quarter, "2026-Q"),
            (PeriodKind::Year, "26"),
            (PeriodKind::Year, "+026"),
            (PeriodKind::Year, ""),
        ] {
            assert_eq!(Period::of(kind, text), None, "{text}");
        }
    }

    #[test]
    fn a_quarter_has_three_months() {
        let months = Period::of(PeriodKind::Quarter, "2026-Q4").unwrap().months();
        let names: Vec<&str> = months.iter().map(|(month, _)| month.as_str()).collect();
        assert_eq!(names, ["2026-10", "2026-11", "2026-12"]);
        assert_eq!(months[1].1.to_string(), "2026-11-30");
    }

    #[test]
    fn agencies_are_counted_today_or_at_the_end_of_a_period_gone_by() {
        let question = |today: &str| Question {
            period: Period::of(PeriodKind::Year, "2026").unwrap(),
            units: None,
            kind: None,
            today: today.parse().unwrap(),
        };
        let counted = |today: &str| {
            let question = question(today);
            question.roster_date(question.period.to).to_string()
        };
        assert_eq!(counted("2026-11-23"), "2026-11-23");
        assert_eq!(counted("2027-05-01"), "2026-12-31");
        assert_eq!(counted("2025-05-01"), "2026-01-01");
    }

    #[test]
    fn a_share_of_few_is_not_a_percentage() {
        assert_eq!(share_percent(9, 10, 5), Some(90));
        assert_eq!(share_percent(2, 3, 1), Some(67));
        assert_eq!(share_percent(2, 3, 5), None);
        assert_eq!(share_percent(0, 0, 0), None);
    }
}
