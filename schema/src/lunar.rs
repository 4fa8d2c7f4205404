//! The Vietnamese lunar calendar: Tết and Giỗ Tổ of a year, computed for the meridian of UTC+7.
//!
//! A month begins on the civil day of the new moon; month 11 holds the winter solstice; of thirteen months between
//! two solstices the first without a change of the sun's twelfth is the leap month. A calendar made for UTC+8 puts
//! some new moons on another day, which is why a Chinese one must not be used (2007 and 2030 differ). The series for
//! the new moon and the sun are the short ones of J. Meeus, *Astronomical Algorithms*, chapters 25 and 49, good to
//! minutes for the years below; the tests hold them against the published dates.

use std::ops::RangeInclusive;

use chrono::Datelike;

use crate::day::Day;

/// The years for which the series are good enough.
pub const YEARS: RangeInclusive<i32> = 1900..=2199;

/// Hours by which the calendar's meridian is ahead of UTC.
const ZONE_HOURS: f64 = 7.0;

/// Julian day number of 1970-01-01 at noon.
const EPOCH_JULIAN_DAY: i64 = 2_440_588;

/// Mean days between two new moons.
const LUNATION_DAYS: f64 = 29.530_588_861;

/// Julian date of the new moon of 2000-01-06, lunation 0.
const FIRST_NEW_MOON: f64 = 2_451_550.097_66;

/// The first day of Tết, by the year in which it falls; `None` outside [`YEARS`].
pub fn tet(year: i32) -> Option<Day> {
    day_of(first_day_of_month(year, 1)?)
}

/// Giỗ Tổ Hùng Vương, the tenth day of the third lunar month; `None` outside [`YEARS`].
pub fn gio_to(year: i32) -> Option<Day> {
    day_of(first_day_of_month(year, 3)? + 9)
}

/// Day number on which the lunar month `month` (1 to 9) of the lunar year that begins in `year` begins.
fn first_day_of_month(year: i32, month: i64) -> Option<i64> {
    if !YEARS.contains(&year) {
        return None;
    }
    let eleventh = eleventh_month(year - 1)?;
    let next_eleventh = eleventh_month(year)?;
    let months = next_eleventh - eleventh;
    let mut offset = month + 1;
    if months == 13 && leap_offset(eleventh) <= offset {
        offset += 1;
    }
    Some(new_moon_day(eleventh + offset))
}

/// Lunation of the month that holds the winter solstice of a year.
fn eleventh_month(year: i32) -> Option<i64> {
    let last_of_year = day_number(Day::of(year, 12, 31)?);
    let lunation = last_lunation_by(last_of_year);
    // The twelfths of the sun are counted from the spring equinox: from 9 on, the solstice lies behind.
    Some(if sun_twelfth(new_moon_day(lunation)) >= 9 { lunation - 1 } else { lunation })
}

/// How many months after month 11 the leap month stands, in a year that has one.
fn leap_offset(eleventh: i64) -> i64 {
    let twelfth_of = |offset: i64| sun_twelfth(new_moon_day(eleventh + offset));
    (1..14).find(|offset| twelfth_of(*offset) == twelfth_of(offset + 1)).unwrap_or(14)
}

/// The last lunation whose first day is not after `day`.
fn last_lunation_by(day: i64) -> i64 {
    let guess = whole((as_float(day) - FIRST_NEW_MOON) / LUNATION_DAYS) + 1;
    (guess - 2..=guess).rev().find(|lunation| new_moon_day(*lunation) <= day).unwrap_or(guess - 2)
}

/// Day number, on the calendar's meridian, of a lunation's new moon.
fn new_moon_day(lunation: i64) -> i64 {
    whole(new_moon(as_float(lunation)) + 0.5 + ZONE_HOURS / 24.0)
}

/// Julian date (UTC) of the new moon `k`.
fn new_moon(k: f64) -> f64 {
    let t = k / 1236.85;
    let mean = FIRST_NEW_MOON + LUNATION_DAYS * k + (0.000_154_37 - 0.000_000_150 * t) * t * t;
    let eccentricity = 1.0 - (0.002_516 + 0.000_007_4 * t) * t;
    let sun = (2.5534 + 29.105_356_70 * k - 0.000_001_4 * t * t).to_radians();
    let moon = (201.5643 + 385.816_935_28 * k + 0.010_758_2 * t * t).to_radians();
    let latitude = (160.7108 + 390.670_502_84 * k - 0.001_611_8 * t * t).to_radians();
    let node = (124.7746 - 1.563_755_88 * k + 0.002_067_2 * t * t).to_radians();
    let periodic = -0.407_20 * moon.sin()
        + 0.172_41 * eccentricity * sun.sin()
        + 0.016_08 * (2.0 * moon).sin()
        + 0.010_39 * (2.0 * latitude).sin()
        + 0.007_39 * eccentricity * (moon - sun).sin()
        - 0.005_14 * eccentricity * (moon + sun).sin()
        + 0.002_08 * eccentricity * eccentricity * (2.0 * sun).sin()
        - 0.001_11 * (moon - 2.0 * latitude).sin()
        - 0.000_57 * (moon + 2.0 * latitude).sin()
        + 0.000_56 * eccentricity * (2.0 * moon + sun).sin()
        - 0.000_42 * (3.0 * moon).sin()
        + 0.000_42 * eccentricity * (sun + 2.0 * latitude).sin()
        + 0.000_38 * eccentricity * (sun - 2.0 * latitude).sin()
        - 0.000_24 * eccentricity * (2.0 * moon - sun).sin()
        - 0.000_17 * node.sin();
    mean + periodic - delta_t_days(t)
}

/// Terrestrial time minus UTC in days, `t` centuries from 2000: a parabola through the measured values around today.
fn delta_t_days(t: f64) -> f64 {
    (64.0 + (40.0 + 31.0 * t) * t).max(0.0) / 86_400.0
}

/// In which twelfth of its yearly path, counted from the spring equinox, the sun stands at the start of a day.
fn sun_twelfth(day: i64) -> i64 {
    let t = (as_float(day) - 0.5 - ZONE_HOURS / 24.0 - 2_451_545.0) / 36_525.0;
    let mean = 280.466_46 + (36_000.769_83 + 0.000_303_2 * t) * t;
    let anomaly = (357.529_11 + (35_999.050_29 - 0.000_153_7 * t) * t).to_radians();
    let centre = (1.914_602 - (0.004_817 + 0.000_014 * t) * t) * anomaly.sin()
        + (0.019_993 - 0.000_101 * t) * (2.0 * anomaly).sin()
        + 0.000_289 * (3.0 * anomaly).sin();
    let node = (125.04 - 1934.136 * t).to_radians();
    let apparent = mean + centre - 0.005_69 - 0.004_78 * node.sin();
    whole(apparent.rem_euclid(360.0) / 30.0)
}

/// Number of a civil day: its Julian day number at noon.
fn day_number(day: Day) -> i64 {
    i64::from(day.num_days_from_ce()) - 719_163 + EPOCH_JULIAN_DAY
}

fn day_of(number: i64) -> Option<Day> {
    let days = i32::try_from(number - EPOCH_JULIAN_DAY + 719_163).ok()?;
    chrono::NaiveDate::from_num_days_from_ce_opt(days).map(Day)
}

#[expect(clippy::cast_precision_loss, reason = "day numbers and lunations have seven digits")]
fn as_float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the whole part of a number of seven digits")]
fn whole(number: f64) -> i64 {
    number.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn tet_and_gio_to_fall_on_the_published_days() {
        let published = [
            (2013, "2013-02-10", "2013-04-19"),
            (2014, "2014-01-31", "2014-04-09"),
            (2015, "2015-02-19", "2015-04-28"),
            (2016, "2016-02-08", "2016-04-16"),
            (2017, "2017-01-28", "2017-04-06"),
            (2018, "2018-02-16", "2018-04-25"),
            (2019, "2019-02-05", "2019-04-14"),
            (2020, "2020-01-25", "2020-04-02"),
            (2021, "2021-02-12", "2021-04-21"),
            (2022, "2022-02-01", "2022-04-10"),
            (2023, "2023-01-22", "2023-04-29"),
            (2024, "2024-02-10", "2024-04-18"),
            (2025, "2025-01-29", "2025-04-07"),
            (2026, "2026-02-17", "2026-04-26"),
            (2027, "2027-02-06", "2027-04-16"),
            (2028, "2028-01-26", "2028-04-04"),
            (2029, "2029-02-13", "2029-04-23"),
            (2030, "2030-02-02", "2030-04-12"),
            (2031, "2031-01-23", "2031-04-01"),
            (2032, "2032-02-11", "2032-04-19"),
            (2033, "2033-01-31", "2033-04-09"),
            (2034, "2034-02-19", "2034-04-28"),
            (2035, "2035-02-08", "2035-04-17"),
        ];
        for (year, new_year, anniversary) in published {
            assert_eq!((tet(year), gio_to(year)), (Some(day(new_year)), Some(day(anniversary))), "{year}");
        }
    }

    #[test]
    fn tet_differs_from_the_chinese_new_year_where_the_new_moon_falls_between_the_two_midnights() {
        assert_eq!(tet(1985), Some(day("1985-01-21")), "a month before the Chinese one");
        assert_eq!(tet(2007), Some(day("2007-02-17")), "a day before the Chinese one");
    }

    #[test]
    fn tet_always_falls_between_mid_january_and_late_february() {
        for year in YEARS {
            let tet = tet(year).unwrap();
            assert!(tet > Day::of(year, 1, 15).unwrap() && tet < Day::of(year, 2, 24).unwrap(), "{tet}");
        }
    }

    #[test]
    fn years_beyond_the_series_are_refused_not_guessed() {
        assert_eq!((tet(1899), gio_to(2200)), (None, None));
    }
}
