//! Texts of warnings: what a plan departs from, with its numbers.

use schema::{day::Day, regime::Departure};

use crate::language::Language;

/// A warning in words.
pub fn warning(departure: &Departure, language: Language) -> String {
    match language {
        Language::Vi => in_vietnamese(departure),
        Language::En => in_english(departure),
    }
}

fn in_vietnamese(departure: &Departure) -> String {
    match departure {
        Departure::ShortNotice { given, needed, latest } => format!(
            "Giấy mời chỉ đến trước {given} ngày làm việc, quy định là {needed}; chậm nhất phải gửi ngày {}.",
            day(*latest)
        ),
        Departure::TooLong { minutes, longest } => {
            format!("Thời gian họp {minutes} phút, loại cuộc họp này không quá {longest} phút.")
        }
        Departure::OutsideWorkingHours { opens, closes } => {
            format!("Ngoài giờ làm việc ({}–{}).", hour(*opens), hour(*closes))
        }
        Departure::DayOff { day: off, name: Some((name, _)), next } => {
            format!("Ngày {} là ngày nghỉ: {name}. Ngày làm việc kế tiếp: {}.", day(*off), day(*next))
        }
        Departure::DayOff { day: off, name: None, next } => {
            format!("Ngày {} là ngày nghỉ cuối tuần. Ngày làm việc kế tiếp: {}.", day(*off), day(*next))
        }
    }
}

fn in_english(departure: &Departure) -> String {
    match departure {
        Departure::ShortNotice { given, needed, latest } => format!(
            "The invitation gives {given} working days; the rule is {needed}. The latest day would have been {}.",
            day(*latest)
        ),
        Departure::TooLong { minutes, longest } => {
            format!("It takes {minutes} minutes; this kind of meeting takes at most {longest}.")
        }
        Departure::OutsideWorkingHours { opens, closes } => {
            format!("Outside the working hours ({}–{}).", hour(*opens), hour(*closes))
        }
        Departure::DayOff { day: off, name: Some((_, name)), next } => {
            format!("{} is a day off: {name}. The next working day is {}.", day(*off), day(*next))
        }
        Departure::DayOff { day: off, name: None, next } => {
            format!("{} is a weekend. The next working day is {}.", day(*off), day(*next))
        }
    }
}

/// `05/02/2026`, as both languages write it here.
fn day(day: Day) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn hour(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
