//! The meeting regime (Quyết định 45/2018/QĐ-TTg) as warnings: what a plan departs from, by how much, and by which
//! text. A departure is never silent and never a dead end; the chief of office may go on with a recorded reason. The
//! numbers are settings by date; the sentences are the server's.

use crate::calendar::{Calendar, WORKING_DAY_MINUTES};
use crate::day::Day;
use crate::moment::Moment;
use crate::session::{MeetingKind, NewSession, Urgency};
use crate::settings::Settings;

const MINUTE_MS: i64 = 60_000;

/// Minutes of a civil day.
const DAY_MINUTES: i64 = 1440;

crate::words::words! {
    /// Which rule a plan departs from.
    pub enum WarningCode {
        /// The invitation cannot reach the invitees early enough.
        ShortNotice = "short_notice",
        /// The session is longer than its kind may be.
        TooLong = "too_long",
        /// It begins before or ends after the working hours.
        OutsideWorkingHours = "outside_working_hours",
        /// It is on a rest day or a public holiday.
        DayOff = "day_off",
    }
}

/// A departure from a rule, with what a sentence about it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// The invitation cannot reach the invitees early enough.
    ShortNotice {
        /// Working days between today and the session.
        given: i64,
        /// Working days asked for.
        needed: i64,
        /// The last day on which it would have been early enough.
        latest: Day,
    },
    /// The session is longer than its kind may be.
    TooLong {
        /// Working minutes planned.
        minutes: i64,
        /// Working minutes allowed.
        longest: i64,
    },
    /// It begins before or ends after the working hours; minutes after midnight.
    OutsideWorkingHours {
        /// The working day begins.
        opens: i64,
        /// The working day ends.
        closes: i64,
    },
    /// It is on a rest day or a public holiday.
    DayOff {
        /// The day off.
        day: Day,
        /// Vietnamese and English name of the holiday; a plain Saturday or Sunday has none.
        name: Option<(String, String)>,
        /// The next working day.
        next: Day,
    },
}

/// A departure, and what the rule rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What departs from the rule.
    pub departure: Departure,
    /// The text that makes the rule.
    pub legal_basis: String,
    /// May the chief of office go on with a reason?
    pub can_override: bool,
}

impl Warning {
    /// Which rule it is about.
    pub const fn code(&self) -> WarningCode {
        match self.departure {
            Departure::ShortNotice { .. } => WarningCode::ShortNotice,
            Departure::TooLong { .. } => WarningCode::TooLong,
            Departure::OutsideWorkingHours { .. } => WarningCode::OutsideWorkingHours,
            Departure::DayOff { .. } => WarningCode::DayOff,
        }
    }
}

/// What of a plan the regime looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Định kỳ hay đột xuất.
    pub urgency: Urgency,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned end.
    pub ends_at: Moment,
    /// When the invitation goes out.
    pub announced_at: Moment,
}

impl Plan {
    /// The plan of a session that is announced at `now`.
    pub fn of(session: &NewSession, now: Moment) -> Self {
        Self {
            kind: session.kind,
            urgency: session.urgency,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            announced_at: now,
        }
    }
}

/// How much notice a session gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Did the rule of notice apply? Not to an urgent session.
    pub due: bool,
    /// Was it kept?
    pub kept: bool,
    /// Working days between the announcement and the session.
    pub given: i64,
    /// Working days asked for.
    pub needed: i64,
}

/// The longest working time of a kind of meeting, in minutes, and the setting that says so.
pub fn longest_minutes(kind: MeetingKind, settings: &Settings, day: Day) -> i64 {
    settings.number(&longest_setting(kind), day)
}

fn longest_setting(kind: MeetingKind) -> String {
    format!("longest_minutes.{kind}")
}

/// The notice that a plan gives.
pub fn notice(plan: &Plan, calendar: &Calendar, settings: &Settings) -> Notice {
    let (announced, held) = (Day(plan.announced_at.date()), Day(plan.starts_at.date()));
    let given = calendar.working_days_between(announced, held);
    let needed = settings.number("notice.working_days", held);
    let due = plan.urgency == Urgency::Periodic;
    Notice { due, kept: due && given >= needed, given, needed }
}

/// The last day on which the notice of conclusions (*thông báo kết luận*) of a session is on time.
pub fn conclusion_due(ended_at: Moment, calendar: &Calendar, settings: &Settings) -> Day {
    let ended = Day(ended_at.date());
    let days = i32::try_from(settings.number("conclusion.working_days", ended)).unwrap_or(0);
    calendar.add_working_days(ended, days)
}

/// Everything that a plan departs from.
pub fn check(plan: &Plan, calendar: &Calendar, settings: &Settings) -> Vec<Warning> {
    let held = Day(plan.starts_at.date());
    let basis = |name: &str| settings.on(name, held).map(|rule| rule.legal_basis.clone()).unwrap_or_default();
    let mut warnings = Vec::new();
    let mut warn =
        |departure, legal_basis| warnings.push(Warning { departure, legal_basis, can_override: true });

    let notice = notice(plan, calendar, settings);
    if notice.due && !notice.kept {
        let latest = calendar.add_working_days(held, -i32::try_from(notice.needed).unwrap_or(0));
        let departure = Departure::ShortNotice { given: notice.given, needed: notice.needed, latest };
        warn(departure, basis("notice.working_days"));
    }
    let (minutes, longest) = (working_minutes(plan, calendar), longest_minutes(plan.kind, settings, held));
    if minutes > longest {
        warn(Departure::TooLong { minutes, longest }, basis(&longest_setting(plan.kind)));
    }
    for day in days_of(plan) {
        if !calendar.is_working_day(day) {
            let special = calendar.special(day);
            let departure = Departure::DayOff {
                day,
                name: special.map(|special| (special.name_vi.clone(), special.name_en.clone())),
                next: calendar.next_working_day(day),
            };
            warn(departure, special.map(|special| special.legal_basis.clone()).unwrap_or_default());
        }
    }
    let hours = calendar.working_hours(held);
    let (opens, closes) = (hours.am_start_minute, hours.pm_end_minute);
    if minute_of_day(plan.starts_at) < opens || last_minute(plan) > closes {
        warn(Departure::OutsideWorkingHours { opens, closes }, hours.legal_basis);
    }
    warnings
}

/// Working minutes of a plan: on each of its days the time between start and end without the midday break; of a day
/// that is not the only one, at most a working day.
pub fn working_minutes(plan: &Plan, calendar: &Calendar) -> i64 {
    let days = days_of(plan);
    let (first, last) = (Day(plan.starts_at.date()), days.last().copied());
    let on = |day: Day| {
        let from = if day == first { minute_of_day(plan.starts_at) } else { 0 };
        let to = if Some(day) == last { last_minute(plan) } else { DAY_MINUTES };
        let hours = calendar.working_hours(day);
        let in_break = (to.min(hours.pm_start_minute) - from.max(hours.am_end_minute)).max(0);
        let whole_break = in_break == hours.break_minutes();
        let minutes = to - from - if whole_break { in_break } else { 0 };
        if days.len() > 1 { minutes.min(WORKING_DAY_MINUTES) } else { minutes }
    };
    days.iter().map(|day| on(*day)).sum()
}

/// The civil days that a plan touches; an end at midnight belongs to the day before. At most a month.
fn days_of(plan: &Plan) -> Vec<Day> {
    let last = Day(plan.ends_at.plus_millis(-1).max(plan.starts_at).date());
    let first = Day(plan.starts_at.date());
    std::iter::successors(Some(first), |day| Some(day.next()))
        .take_while(|day| *day <= last)
        .take(31)
        .collect()
}

/// The minute of its day in which a plan ends, 1440 for midnight; a minute that has begun counts.
fn last_minute(plan: &Plan) -> i64 {
    minute_of_day(plan.ends_at.plus_millis(-1).max(plan.starts_at)) + 1
}

fn minute_of_day(moment: Moment) -> i64 {
    let midnight = moment.plus_millis(i64::from(crate::moment::OFFSET_SECONDS) * 1000).as_millis();
    midnight.rem_euclid(DAY_MINUTES * MINUTE_MS) / MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        format!("{text}:00+07:00").parse().unwrap()
    }

    fn plan(starts: &str, ends: &str) -> Plan {
        Plan {
            kind: MeetingKind::Briefing,
            urgency: Urgency::Periodic,
            starts_at: at(starts),
            ends_at: at(ends),
            announced_at: at("2026-03-02T09:00"),
        }
    }

    fn departures(plan: &Plan) -> Vec<Departure> {
        let warnings = check(plan, &Calendar::default(), &Settings::new(Vec::new()));
        assert!(warnings.iter().all(|warning| warning.can_override));
        warnings.into_iter().map(|warning| warning.departure).collect()
    }

    #[test]
    fn half_a_day_announced_a_week_ahead_raises_no_warning() {
        assert_eq!(departures(&plan("2026-03-09T07:30", "2026-03-09T11:30")), []);
    }

    #[test]
    fn notice_of_two_working_days_is_short_by_one() {
        let friday = plan("2026-03-06T08:00", "2026-03-06T10:00");
        assert_eq!(departures(&Plan { announced_at: at("2026-03-03T16:00"), ..friday }), []);
        let late = departures(&Plan { announced_at: at("2026-03-04T08:00"), ..friday });
        let latest = "2026-03-03".parse().unwrap();
        assert_eq!(late, [Departure::ShortNotice { given: 2, needed: 3, latest }]);
    }

    #[test]
    fn an_urgent_session_needs_no_notice() {
        let today = plan("2026-03-02T14:00", "2026-03-02T15:00");
        let urgent = Plan { urgency: Urgency::Urgent, ..today };
        assert_eq!(departures(&urgent), []);
        let notice = notice(&urgent, &Calendar::default(), &Settings::new(Vec::new()));
        assert_eq!((notice.due, notice.kept), (false, false));
    }

    #[test]
    fn each_kind_has_its_cap_and_the_midday_break_does_not_count() {
        let all_day = plan("2026-03-09T07:30", "2026-03-09T17:00");
        assert_eq!(departures(&all_day), [Departure::TooLong { minutes: 480, longest: 240 }]);
        assert_eq!(departures(&Plan { kind: MeetingKind::Thematic, ..all_day }), []);
    }

    #[test]
    fn a_training_of_two_days_is_within_its_cap_and_one_of_three_is_not() {
        let two = Plan { kind: MeetingKind::Training, ..plan("2026-03-09T07:30", "2026-03-10T17:00") };
        assert_eq!(departures(&two), []);
        let three = Plan { ends_at: at("2026-03-11T17:00"), ..two };
        assert_eq!(departures(&three), [Departure::TooLong { minutes: 1440, longest: 960 }]);
    }

    #[test]
    fn a_holiday_is_named_and_the_next_working_day_offered() {
        let observed = departures(&plan("2026-04-27T08:00", "2026-04-27T10:00"));
        let name =
            Some(("Nghỉ bù Giỗ Tổ Hùng Vương".into(), "Hung Kings' Commemoration Day (observed)".into()));
        let (day, next) = ("2026-04-27".parse().unwrap(), "2026-04-28".parse().unwrap());
        assert_eq!(observed, [Departure::DayOff { day, name, next }]);
    }

    #[test]
    fn a_plain_sunday_has_no_name_and_a_make_up_saturday_is_worked() {
        let sunday = departures(&plan("2026-03-08T08:00", "2026-03-08T10:00"));
        assert!(matches!(&sunday[..], [Departure::DayOff { name: None, .. }]), "{sunday:?}");
        assert_eq!(departures(&plan("2026-08-22T08:00", "2026-08-22T10:00")), []);
    }

    #[test]
    fn an_evening_lies_outside_the_working_hours() {
        let evening = departures(&plan("2026-03-09T16:00", "2026-03-09T18:00"));
        assert_eq!(evening, [Departure::OutsideWorkingHours { opens: 450, closes: 1020 }]);
    }

    #[test]
    fn the_conclusions_are_due_five_working_days_after_the_end() {
        let due = |ended| conclusion_due(at(ended), &Calendar::default(), &Settings::new(Vec::new()));
        assert_eq!(due("2026-03-06T11:00"), "2026-03-13".parse().unwrap());
        assert_eq!(due("2026-02-12T11:00"), "2026-02-26".parse().unwrap(), "Tết lies between");
    }
}
