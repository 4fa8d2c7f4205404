//! Numbers of the rules as data: each has a name, a date from which it holds, and the text that says so.

use std::collections::BTreeMap;

use crate::day::Day;

/// One number of a rule.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Setting {
    /// Which number, with its unit: `notice.working_days`.
    pub name: String,
    /// The first day on which it holds.
    pub effective_from: Day,
    /// The number.
    pub value: i64,
    /// The text that says so.
    pub legal_basis: String,
    /// Has someone checked it against that text?
    pub confirmed: bool,
}

/// All numbers ever in force: those stored, before those that come with the program.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    by_name: BTreeMap<String, Vec<Setting>>,
}

impl Settings {
    /// These settings on top of the ones that come with the program ([`crate::facts::settings`]).
    pub fn new(stored: Vec<Setting>) -> Self {
        let mut by_name: BTreeMap<String, Vec<Setting>> = BTreeMap::new();
        for setting in crate::facts::settings().into_iter().chain(stored) {
            let dated = by_name.entry(setting.name.clone()).or_default();
            dated.retain(|known| known.effective_from != setting.effective_from);
            dated.push(setting);
        }
        for dated in by_name.values_mut() {
            dated.sort_by_key(|setting| setting.effective_from);
        }
        Self { by_name }
    }

    /// The setting in force on a day: the latest that had begun. Before all of them, the first.
    pub fn on(&self, name: &str, day: Day) -> Option<&Setting> {
        let dated = self.by_name.get(name)?;
        dated.iter().rev().find(|setting| setting.effective_from <= day).or_else(|| dated.first())
    }

    /// The number in force on a day; 0 for a name that does not exist, which the tests of the facts rule out.
    pub fn number(&self, name: &str, day: Day) -> i64 {
        self.on(name, day).map_or(0, |setting| setting.value)
    }

    /// All of them, by name and date.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.by_name.values().flatten()
    }
}
