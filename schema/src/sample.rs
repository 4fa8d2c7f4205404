//! The sample organisation directory as it lies in its files.

use crate::day::Day;
use crate::org::UnitKind;

/// A province with its units of one level.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct SampleProvince {
    /// What it is and where the figures come from.
    pub about: String,
    /// The province itself.
    pub province: SampleHost,
    /// First day on which the units existed.
    pub valid_from: Day,
    /// Last day.
    pub valid_to: Option<Day>,
    /// The units.
    pub units: Vec<SampleUnit>,
}

/// Where the chair sits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct SampleHost {
    /// `Tỉnh Điện Biên`.
    pub name: String,
    /// `UBND tỉnh Điện Biên`.
    pub host: String,
    /// The capital.
    pub seat: String,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct SampleUnit {
    /// Full name.
    pub name: String,
    /// What kind of unit.
    pub kind: UnitKind,
    /// Official code.
    pub code: Option<String>,
    /// Where its people's committee sits.
    pub seat: Option<String>,
    /// One way to the capital by road, in kilometres; `None` where the province has to enter it.
    pub km: Option<i64>,
    /// One way to the capital by road, in minutes.
    pub one_way_minutes: Option<i64>,
    /// The district that it was made of.
    pub former_district: Option<String>,
}

impl Default for SampleProvince {
    /// A province without units, for a file that cannot be read.
    fn default() -> Self {
        Self {
            about: String::new(),
            province: SampleHost { name: String::new(), host: String::new(), seat: String::new() },
            valid_from: Day(chrono::NaiveDate::MIN),
            valid_to: None,
            units: Vec::new(),
        }
    }
}
