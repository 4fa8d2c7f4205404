//! Facts that come with the program: rules with their legal basis. What a province changes is stored on top of them.

use crate::calendar::CalendarFacts;
use crate::norm::Norm;
use crate::sample::SampleProvince;
use crate::settings::Setting;

/// The numbers of the rules (`settings.json`).
pub fn settings() -> Vec<Setting> {
    parse(include_str!("settings.json"))
}

/// Public holidays, swapped days and working hours (`calendar.json`).
pub fn calendar() -> CalendarFacts {
    parse(include_str!("calendar.json"))
}

/// Amounts of money by legal basis (`norms.json`).
pub fn norms() -> Vec<Norm> {
    parse(include_str!("norms.json"))
}

/// The sample province at district level, 2013 to 30/6/2025 (`dien-bien-2013.json`).
pub fn sample_of_2013() -> SampleProvince {
    parse(include_str!("dien-bien-2013.json"))
}

/// The sample province at commune level, from 01/7/2025 (`dien-bien-2025.json`).
pub fn sample_of_2025() -> SampleProvince {
    parse(include_str!("dien-bien-2025.json"))
}

/// The facts are part of the program; the tests below read every one of them.
fn parse<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::day::Day;

    #[test]
    fn every_setting_can_be_read_and_names_its_basis() {
        let settings = settings();
        assert!(settings.len() > 20);
        assert!(settings.iter().all(|setting| !setting.legal_basis.is_empty()));
    }
    #[test]
    fn every_day_of_the_calendar_can_be_read_and_names_its_basis() {
        let calendar = calendar();
        assert!(
            calendar.holidays.len() >= 10 && !calendar.days.is_empty() && calendar.working_hours.len() == 2
        );
        assert!(calendar.holidays.iter().all(|rule| !rule.legal_basis.is_empty()));
        assert!(calendar.days.iter().all(|day| !day.legal_basis.is_empty()));
    }

    #[test]
    fn every_norm_can_be_read_and_names_its_basis() {
        let norms = norms();
        assert_eq!(norms.len(), 7);
        assert!(norms.iter().all(|norm| !norm.legal_basis.is_empty() && norm.value_dong > 0));
    }

    #[test]
    fn both_sample_directories_can_be_read_whole() {
        let (districts, communes) = (sample_of_2013(), sample_of_2025());
        assert_eq!((districts.units.len(), communes.units.len()), (10, 45));
        assert_eq!(districts.valid_to.map(Day::next), Some(communes.valid_from));
        let muong_nhe = districts.units.iter().find(|unit| unit.seat.as_deref() == Some("Mường Nhé"));
        assert_eq!(muong_nhe.map(|unit| (unit.km, unit.one_way_minutes)), Some((Some(195), Some(290))));
    }
}
