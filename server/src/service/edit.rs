//! A field of an edit that can be left alone, set, or cleared.

use serde::{Deserialize, Deserializer};

/// What an edit does to something optional. In JSON: not sent, a value, or `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It becomes this; `None` clears it.
    Set(Option<T>),
}

impl<T> Edit<T> {
    /// What it is after the edit.
    pub fn or(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Set(after) => after,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Option::deserialize(reader).map(Self::Set)
    }
}
