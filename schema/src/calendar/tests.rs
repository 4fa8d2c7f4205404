use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn off(calendar: &Calendar, from: &str, to: &str) -> bool {
    let (mut day, to) = (self::day(from), self::day(to));
    while day <= to {
        if calendar.is_working_day(day) {
            return false;
        }
        day = day.next();
    }
    true
}

#[test]
fn the_days_off_of_2026_are_those_approved() {
    let calendar = Calendar::default();
    for (from, to) in [
        ("2026-01-01", "2026-01-04"),
        ("2026-02-14", "2026-02-22"),
        ("2026-04-25", "2026-04-27"),
        ("2026-04-30", "2026-05-03"),
        ("2026-08-29", "2026-09-02"),
        ("2026-11-24", "2026-11-24"),
    ] {
        assert!(off(&calendar, from, to), "{from} to {to}");
        assert!(calendar.is_working_day(day(to).next()), "work resumes after {to}");
    }
}

#[test]
fn the_days_off_of_earlier_years_follow_the_announcements_of_the_year() {
    let calendar = Calendar::default();
    for (from, to) in [
        ("2023-01-20", "2023-01-26"),
        ("2023-04-29", "2023-05-03"),
        ("2023-09-01", "2023-09-04"),
        ("2024-02-08", "2024-02-14"),
        ("2024-08-31", "2024-09-03"),
        ("2025-01-25", "2025-02-02"),
        ("2025-08-30", "2025-09-02"),
    ] {
        assert!(off(&calendar, from, to), "{from} to {to}");
        assert!(calendar.is_working_day(day(to).next()), "work resumes after {to}");
        assert!(calendar.is_working_day(calendar.working_day_before(day(from))));
    }
    assert!(calendar.is_working_day(day("2020-09-01")), "the second day of National Day began in 2021");
}

#[test]
fn a_make_up_saturday_is_worked() {
    let calendar = Calendar::default();
    assert!(calendar.is_working_day(day("2026-01-10")));
    assert!(!calendar.is_working_day(day("2026-01-17")));
    assert_eq!(calendar.next_working_day(day("2026-01-10")), day("2026-01-10"));
}

#[test]
fn a_holiday_on_a_rest_day_is_compensated_on_the_next_working_day() {
    let calendar = Calendar::default();
    let monday = calendar.special(day("2026-04-27")).unwrap();
    assert_eq!((monday.working, monday.name_vi.as_str()), (false, "Nghỉ bù Giỗ Tổ Hùng Vương"));
}

#[test]
fn a_day_of_the_province_stands_above_the_rules() {
    let named = CalendarDay {
        date: day("2026-11-24"),
        working: true,
        name_vi: "Làm việc".into(),
        name_en: "Worked".into(),
        legal_basis: "Thử nghiệm".into(),
        confirmed: true,
    };
    let calendar = Calendar::new(vec![named], vec![]);
    assert!(calendar.is_working_day(day("2026-11-24")));
}

#[test]
fn three_working_days_before_a_monday_after_tet_lie_before_tet() {
    let calendar = Calendar::default();
    assert_eq!(calendar.add_working_days(day("2026-02-23"), -3), day("2026-02-11"));
    assert_eq!(calendar.working_days_between(day("2026-02-11"), day("2026-02-23")), 3);
    assert_eq!(calendar.working_days_between(day("2026-02-12"), day("2026-02-23")), 2);
}

#[test]
fn a_date_of_a_series_rolls_as_it_is_told() {
    let calendar = Calendar::default();
    let tet = day("2026-02-17");
    assert_eq!(calendar.roll(tet, HolidayRoll::Next), Rolled::On(day("2026-02-23")));
    assert_eq!(calendar.roll(tet, HolidayRoll::Previous), Rolled::On(day("2026-02-13")));
    assert_eq!(calendar.roll(tet, HolidayRoll::Skip), Rolled::Skipped);
    let ask = Rolled::Ask { previous: day("2026-02-13"), next: day("2026-02-23") };
    assert_eq!(calendar.roll(tet, HolidayRoll::Ask), ask);
    let worked = day("2026-03-02");
    assert!(HolidayRoll::ALL.iter().all(|how| calendar.roll(worked, *how) == Rolled::On(worked)));
}

#[test]
fn special_days_are_listed_in_order_with_swaps_in_their_place() {
    let calendar = Calendar::default();
    let listed: Vec<String> = calendar
        .specials(day("2026-08-01"), day("2026-09-30"))
        .iter()
        .map(|day| day.date.to_string())
        .collect();
    assert_eq!(listed, ["2026-08-22", "2026-08-31", "2026-09-01", "2026-09-02"]);
    assert!(calendar.specials(day("2026-09-30"), day("2026-08-01")).is_empty());
}

#[test]
fn summer_and_winter_have_hours_of_their_own_and_eight_of_them() {
    let calendar = Calendar::default();
    let (summer, winter) =
        (calendar.working_hours(day("2026-07-01")), calendar.working_hours(day("2026-12-01")));
    assert_eq!((summer.am_start_minute, winter.am_start_minute), (420, 450));
    for hours in [summer, winter] {
        let worked =
            hours.am_end_minute - hours.am_start_minute + hours.pm_end_minute - hours.pm_start_minute;
        assert_eq!(worked, WORKING_DAY_MINUTES);
    }
}

#[test]
fn a_season_may_run_over_the_new_year() {
    let winter = WorkingHours {
        season_from: "10-16".parse().ok(),
        season_to: "04-15".parse().ok(),
        valid_to: None,
        ..WorkingHours::fallback(day("2013-01-01"))
    };
    assert!(winter.holds_on(day("2026-12-31")) && winter.holds_on(day("2026-01-01")));
    assert!(!winter.holds_on(day("2026-07-01")));
    assert!("13-01".parse::<MonthDay>().is_err() && "02-30".parse::<MonthDay>().is_err());
}

fn any_day() -> impl Strategy<Value = Day> {
    (0_u64..40_000).prop_map(|days| Day(day("2000-01-01").checked_add_days(chrono::Days::new(days)).unwrap()))
}

proptest! {
    #[test]
    fn a_deadline_lands_on_a_working_day(from in any_day(), n in 1..30_i32) {
        let calendar = Calendar::default();
        prop_assert!(calendar.is_working_day(calendar.add_working_days(from, n)));
        prop_assert!(calendar.is_working_day(calendar.add_working_days(from, -n)));
    }

    #[test]
    fn days_of_notice_and_the_latest_day_to_invite_agree(from in any_day(), ahead in 0_u64..40, n in 1..10_i32) {
        let calendar = Calendar::default();
        let to = Day(from.checked_add_days(chrono::Days::new(ahead)).unwrap());
        let enough = calendar.working_days_between(from, to) >= i64::from(n);
        prop_assert_eq!(enough, from <= calendar.add_working_days(to, -n));
    }

    #[test]
    fn a_rolled_date_is_worked(date in any_day()) {
        let calendar = Calendar::default();
        for how in [HolidayRoll::Next, HolidayRoll::Previous] {
            let Rolled::On(rolled) = calendar.roll(date, how) else { panic!("{how} decides") };
            prop_assert!(calendar.is_working_day(rolled));
        }
    }
}
