//! Instants. Domain code is told the time; only the edge of the program asks a [`Clock`].

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta, Utc};

/// Asia/Ho_Chi_Minh: UTC+7 all year, no daylight saving time.
pub const OFFSET_SECONDS: i32 = 7 * 3600;

/// 0000-01-01T00:00:00 at UTC+7.
const YEAR_0_MS: i64 = -62_167_244_400_000;

/// The last millisecond of the year 9999 at UTC+7.
const YEAR_9999_MS: i64 = 253_402_275_599_999;

/// An instant, in whole milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 at UTC+7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "store", derive(sqlx::Type), sqlx(transparent))]
pub struct Moment(i64);

impl Moment {
    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant `millis` later (earlier when negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The same instant on the wall clock of Việt Nam; outside the years 0 to 9999, the nearest instant within them.
    pub fn local(self) -> DateTime<FixedOffset> {
        let offset =
            FixedOffset::east_opt(OFFSET_SECONDS).unwrap_or_else(|| unreachable!("seven hours is an offset"));
        let within = self.0.clamp(YEAR_0_MS, YEAR_9999_MS);
        DateTime::<Utc>::from_timestamp_millis(within).unwrap_or_default().with_timezone(&offset)
    }

    /// The civil date in Việt Nam.
    pub fn date(self) -> NaiveDate {
        self.local().date_naive()
    }
}

impl std::ops::Add<TimeDelta> for Moment {
    type Output = Self;

    fn add(self, delta: TimeDelta) -> Self {
        self.plus_millis(delta.num_milliseconds())
    }
}

impl std::ops::Sub for Moment {
    type Output = TimeDelta;

    fn sub(self, earlier: Self) -> TimeDelta {
        TimeDelta::milliseconds(self.millis_since(earlier))
    }
}

impl<Z: chrono::TimeZone> From<DateTime<Z>> for Moment {
    fn from(time: DateTime<Z>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.local().to_rfc3339_opts(SecondsFormat::AutoSi, false))
    }
}

impl std::str::FromStr for Moment {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(Self::from)
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 at UTC+7"))
            .into()
    }
}

impl utoipa::ToSchema for Moment {}

/// Tells the time. The program has one real clock; tests turn the hands of their own.
pub trait Clock: Send + Sync {
    /// The instant it is.
    fn now(&self) -> Moment;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_on_the_wall_clock_of_viet_nam() {
        let text = "2026-03-02T08:00:00+07:00";
        let moment: Moment = text.parse().unwrap();
        assert_eq!(moment.to_string(), text);
        assert_eq!("2026-03-02T01:00:00Z".parse(), Ok(moment));
        assert_eq!(moment.date().to_string(), "2026-03-02");
    }

    #[test]
    fn the_civil_date_changes_at_midnight_in_viet_nam() {
        let before: Moment = "2026-03-01T16:59:59.999Z".parse().unwrap();
        assert_eq!(before.date().to_string(), "2026-03-01");
        assert_eq!(before.plus_millis(1).date().to_string(), "2026-03-02");
    }

    #[test]
    fn instants_beyond_the_calendar_are_shown_at_its_edge() {
        assert_eq!(Moment::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999+07:00");
        assert_eq!(Moment::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00+07:00");
    }
}
