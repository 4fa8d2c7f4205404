//! Civil dates.

use chrono::NaiveDate;

/// A civil date in Việt Nam, written `YYYY-MM-DD` in JSON and in both databases: as text it sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

/// A text that is no date of the form `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date of the form YYYY-MM-DD")]
pub struct BadDay;

impl Day {
    /// The date with this year, month and day of the month, if there is one.
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The next date; the last date that chrono knows is its own successor.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.succ_opt().unwrap_or(self.0))
    }

    /// The date before; the first date that chrono knows is its own predecessor.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.pred_opt().unwrap_or(self.0))
    }

    /// Is this date within `from ..= to`, open-ended when `to` is `None`?
    pub fn is_within(self, from: Self, to: Option<Self>) -> bool {
        from <= self && to.is_none_or(|to| self <= to)
    }
}

impl std::ops::Deref for Day {
    type Target = NaiveDate;

    fn deref(&self) -> &NaiveDate {
        &self.0
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl std::str::FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Years of more or less than four digits would not sort as text.
        let shaped = text.len() == 10 && text.starts_with(|first: char| first.is_ascii_digit());
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| shaped);
        date.map(Self).ok_or(BadDay)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        let date = SchemaFormat::KnownFormat(KnownFormat::Date);
        ObjectBuilder::new().schema_type(Type::String).format(Some(date)).into()
    }
}

impl utoipa::ToSchema for Day {}

#[cfg(feature = "store")]
crate::words::text_column!(Day);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_iso_text_and_read_back() {
        let day = Day::of(2026, 2, 5).unwrap();
        assert_eq!(day.to_string(), "2026-02-05");
        assert_eq!("2026-02-05".parse::<Day>().unwrap(), day);
        for wrong in ["05/02/2026", "2026-2-5", "+12026-02-05", "2026-02-30", "", "-026-02-05"] {
            assert_eq!(wrong.parse::<Day>(), Err(BadDay), "{wrong}");
        }
    }

    #[test]
    fn validity_includes_both_ends_and_may_have_no_end() {
        let [first, inside, last] = [1, 2, 3].map(|day| Day::of(2026, 1, day).unwrap());
        assert!(inside.is_within(first, Some(last)) && first.is_within(first, Some(last)));
        assert!(last.is_within(first, Some(last)) && !last.next().is_within(first, Some(last)));
        assert!(last.next().is_within(first, None) && !first.previous().is_within(first, None));
    }
}
