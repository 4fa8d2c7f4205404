//! Which sessions the sample has: about four a month, as an office holds them.

use chrono::{Datelike as _, Days, Months, NaiveTime};
use schema::{
    calendar::Calendar,
    day::Day,
    moment::{Moment, OFFSET_SECONDS},
    session::{MeetingKind, Mode, Urgency},
};

use super::{dice::Dice, subjects};

/// How far the sample reaches back.
pub const MONTHS_BACK: u32 = 18;

/// Districts of the sample directory.
const DISTRICTS: usize = 10;

/// How far it reaches ahead, in days.
const DAYS_AHEAD: u64 = 24;

/// Districts whose room was equipped later than the first day of the sample: their place in the directory, and after
/// how many months. So the share of agencies that meet online rises, as was promised for the system.
const EQUIPPED_LATER: [(usize, u32); 3] = [(3, 3), (7, 6), (8, 9)];

/// What becomes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is held as planned.
    Held,
    /// It is held this many working days later.
    Moved(i32),
    /// It is put off without a date.
    PutOff,
    /// It is called off.
    CalledOff,
}

/// A session as the secretariat plans it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Trích yếu.
    pub subject: String,
    /// Nội dung.
    pub content: &'static str,
    /// Loại cuộc họp.
    pub kind: MeetingKind,
    /// Định kỳ hay đột xuất.
    pub urgency: Urgency,
    /// Why it is urgent.
    pub urgency_reason: Option<&'static str>,
    /// Hình thức.
    pub mode: Mode,
    /// When it is booked.
    pub announced_at: Moment,
    /// Planned start.
    pub starts_at: Moment,
    /// Planned length.
    pub minutes: i64,
    /// Called to it: these districts, by their place in the directory; `None` is all.
    pub called: Option<Vec<usize>>,
    /// What becomes of it.
    pub fate: Fate,
    /// Why it is put off or called off, or why notice is short.
    pub reason: &'static str,
}

/// The instant at which it is `minute` minutes after midnight of a day.
pub fn at(day: Day, minute: i64) -> Moment {
    let midnight = Moment::from(day.and_time(NaiveTime::MIN).and_utc());
    midnight.plus_millis(minute * 60_000 - i64::from(OFFSET_SECONDS) * 1000)
}

/// The first day of the sample.
pub fn first_day(now: Moment) -> Day {
    let today = now.date();
    Day(today.checked_sub_months(Months::new(MONTHS_BACK)).unwrap_or(today))
}

/// All sessions planned around `now`, by their start. None is on the day of `now`, which belongs to the live one.
pub fn sessions(now: Moment, calendar: &Calendar) -> Vec<Planned> {
    let (today, first) = (Day(now.date()), first_day(now));
    let last = Day(today.checked_add_days(Days::new(DAYS_AHEAD)).unwrap_or(today.0));
    let mut dice = Dice::of(45);
    let mut planned = Vec::new();
    let mut month = Day(first.with_day(1).unwrap_or(first.0));
    while month <= last {
        of_month(month, calendar, &mut dice, &mut planned);
        month = Day(month.checked_add_months(Months::new(1)).unwrap_or(last.next().0));
    }
    planned.retain(|session: &Planned| {
        let day = Day(session.starts_at.date());
        day != today && day.is_within(first, Some(last))
    });
    for session in &mut planned {
        leave_out_the_unequipped(session, first);
    }
    planned.sort_by_key(|session| session.starts_at);
    for (number, session) in planned.iter_mut().enumerate() {
        decide(number, session, calendar);
        if Day(moved_start(session, calendar).date()) == today {
            session.fate = Fate::Held;
        }
    }
    planned
}

fn of_month(month: Day, calendar: &Calendar, dice: &mut Dice, planned: &mut Vec<Planned>) {
    let number = usize::try_from(month.year() * 12 + i32::try_from(month.month0()).unwrap_or(0)).unwrap_or(0);
    let day = |of_month: u32| calendar.next_working_day(Day(month.with_day(of_month).unwrap_or(month.0)));
    let session = |of_month: u32,
                   minute: i64,
                   minutes: i64,
                   kind: MeetingKind,
                   (subject, content): (&str, &'static str)| {
        let held = day(of_month);
        Planned {
            subject: subject.to_owned(),
            content,
            kind,
            urgency: Urgency::Periodic,
            urgency_reason: None,
            mode: Mode::Online,
            announced_at: at(calendar.add_working_days(held, -15), 9 * 60 + 10),
            starts_at: at(held, minute),
            minutes,
            called: None,
            fate: Fate::Held,
            reason: "",
        }
    };

    let name = format!("{:02}/{}", month.month(), month.year());
    let briefing =
        format!("Giao ban trực tuyến tháng {name} giữa UBND tỉnh với UBND các huyện, thị xã, thành phố");
    let content = "Tình hình kinh tế - xã hội, quốc phòng - an ninh trong tháng; nhiệm vụ tháng tới.";
    planned.push(session(5, 8 * 60, 150, MeetingKind::Briefing, (&briefing, content)));

    if matches!(month.month(), 1 | 4 | 7 | 10) {
        let (quarter, year) =
            if month.month() == 1 { (4, month.year() - 1) } else { (month.month() / 3, month.year()) };
        let review = format!("Sơ kết công tác quý {quarter}/{year} của UBND tỉnh");
        planned.push(session(13, 7 * 60 + 30, 240, MeetingKind::Review, (&review, content)));
    } else {
        let thematic = subjects::THEMATIC[number % subjects::THEMATIC.len()];
        planned.push(session(13, 14 * 60, 150, MeetingKind::Thematic, thematic));
    }

    let urgent = matches!(month.month(), 1 | 6..=8) || dice.chance(15);
    if urgent {
        let season = match month.month() {
            1 | 2 | 12 => 2,
            6..=8 => usize::from(dice.chance(40)),
            _ => 3,
        };
        let (subject, why) = subjects::URGENT[season];
        let called = some_districts(dice, 5);
        let at_once = session(
            20,
            13 * 60 + 30,
            75,
            MeetingKind::ProblemSolving,
            (subject, "Phương án ứng phó; phân công trực."),
        );
        planned.push(Planned {
            urgency: Urgency::Urgent,
            urgency_reason: Some(why),
            announced_at: at_once.starts_at.plus_millis(-20 * 3_600_000),
            called: Some(called),
            ..at_once
        });
    } else {
        let coordination = subjects::COORDINATION[number % subjects::COORDINATION.len()];
        let mode = if dice.chance(25) { Mode::Hybrid } else { Mode::Online };
        let called = dice.chance(50).then(|| some_districts(dice, 6));
        let session = session(20, 8 * 60 + 30, 105, MeetingKind::Coordination, coordination);
        planned.push(Planned { mode, called, ..session });
    }

    if matches!(month.month(), 3 | 9) {
        let training = (
            "Tập huấn sử dụng hệ thống họp trực tuyến cho cán bộ kỹ thuật",
            "Vận hành điểm cầu; thử đường truyền.",
        );
        let session = session(26, 8 * 60, 480, MeetingKind::Training, training);
        planned.push(Planned { mode: Mode::InPerson, ..session });
    } else {
        let professional = subjects::PROFESSIONAL[number % subjects::PROFESSIONAL.len()];
        planned.push(session(26, 14 * 60, 120, MeetingKind::Professional, professional));
    }
}

fn some_districts(dice: &mut Dice, at_least: usize) -> Vec<usize> {
    let mut called: Vec<usize> = (0..DISTRICTS).filter(|_| dice.chance(60)).collect();
    for place in 0..DISTRICTS {
        if called.len() >= at_least {
            break;
        }
        if !called.contains(&place) {
            called.push(place);
        }
    }
    called.sort_unstable();
    called
}

/// Nobody is called over a line that is not there yet; to a meeting in person everybody comes.
fn leave_out_the_unequipped(session: &mut Planned, first: Day) {
    let day = session.starts_at.date();
    let waits = |place: usize| {
        let later = EQUIPPED_LATER.iter().find(|(unequipped, _)| *unequipped == place);
        later.is_some_and(|(_, months)| {
            first.checked_add_months(Months::new(*months)).is_some_and(|since| day < since)
        })
    };
    if session.mode != Mode::InPerson && (0..DISTRICTS).any(waits) {
        let called = session.called.take().unwrap_or_else(|| (0..DISTRICTS).collect());
        session.called = Some(called.into_iter().filter(|place| !waits(*place)).collect());
    }
}

/// Now and then something comes between.
fn decide(number: usize, session: &mut Planned, calendar: &Calendar) {
    let put_off = subjects::PUT_OFF[number % subjects::PUT_OFF.len()];
    if session.urgency == Urgency::Urgent
        || session.kind == MeetingKind::Briefing && !number.is_multiple_of(4)
    {
        return;
    }
    match number % 16 {
        6 => (session.fate, session.reason) = (Fate::Moved(2), put_off),
        9 => {
            // Announced too late; the chief of office went on with a reason.
            let held = Day(session.starts_at.date());
            session.announced_at = at(calendar.add_working_days(held, -2), 15 * 60);
            session.reason = "Lãnh đạo tỉnh yêu cầu họp sớm để kịp báo cáo Chính phủ";
        }
        11 => {
            let why = subjects::CALLED_OFF[number % subjects::CALLED_OFF.len()];
            (session.fate, session.reason) = (Fate::CalledOff, why);
        }
        14 if number % 32 == 14 => (session.fate, session.reason) = (Fate::PutOff, put_off),
        _ => {}
    }
}

/// When a session that is moved begins.
pub fn moved_start(session: &Planned, calendar: &Calendar) -> Moment {
    let Fate::Moved(working_days) = session.fate else { return session.starts_at };
    let day = Day(session.starts_at.date());
    let to = calendar.add_working_days(day, working_days);
    session.starts_at.plus_millis(to.signed_duration_since(*day).num_milliseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample as it comes out on a Monday in November 2026, and on a day of each of the following seventy weeks.
    fn plans(calendar: &Calendar) -> Vec<(Day, Vec<Planned>)> {
        let first: Day = "2026-11-23".parse().unwrap();
        let today = |week: u64| Day(first.checked_add_days(Days::new(week * 8)).unwrap());
        (0..70).map(today).map(|today| (today, sessions(at(today, 15 * 60), calendar))).collect()
    }

    #[test]
    fn about_four_sessions_a_month_are_planned_over_a_year_and_a_half() {
        let calendar = Calendar::default();
        let (_, planned) = plans(&calendar).remove(0);
        assert!((68..=80).contains(&planned.len()), "{}", planned.len());
        for fate in [Fate::Held, Fate::Moved(2), Fate::PutOff, Fate::CalledOff] {
            assert!(planned.iter().any(|session| session.fate == fate), "{fate:?}");
        }
        assert!(planned.iter().any(|session| session.mode == Mode::InPerson));
        assert!(planned.iter().any(|session| session.urgency == Urgency::Urgent));
    }

    #[test]
    fn no_two_sessions_overlap_even_where_one_is_moved() {
        let calendar = Calendar::default();
        for (today, planned) in plans(&calendar) {
            let mut spans: Vec<(Moment, Moment)> = Vec::new();
            for session in planned {
                let length = session.minutes * 60_000;
                let moved = moved_start(&session, &calendar);
                spans.push((session.starts_at, session.starts_at.plus_millis(length)));
                if moved != session.starts_at {
                    spans.push((moved, moved.plus_millis(length)));
                }
            }
            spans.sort();
            let clash = spans.windows(2).find(|pair| pair[0].1 > pair[1].0);
            assert_eq!(clash, None, "as of {today}");
        }
    }

    #[test]
    fn every_session_is_on_a_working_day_and_none_is_today() {
        let calendar = Calendar::default();
        for (today, planned) in plans(&calendar) {
            for session in planned {
                let days =
                    [session.starts_at, moved_start(&session, &calendar)].map(|start| Day(start.date()));
                assert!(days.iter().all(|day| calendar.is_working_day(*day) && *day != today), "{session:?}");
            }
        }
    }
}
