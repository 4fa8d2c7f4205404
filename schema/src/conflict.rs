//! Trùng lịch: who or what would be in two places at once, and when it would not.

use uuid::Uuid;

use crate::id::{EndpointId, PersonId, RoomId, SessionId};
use crate::moment::Moment;

/// A stretch of time, half-open: one may start when another ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// First instant.
    pub starts_at: Moment,
    /// First instant after it.
    pub ends_at: Moment,
}

impl Span {
    /// From `starts_at` up to `ends_at`.
    pub const fn new(starts_at: Moment, ends_at: Moment) -> Self {
        Self { starts_at, ends_at }
    }

    /// Do the two share an instant?
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// The same length, `millis` later.
    #[must_use]
    pub fn shifted(self, millis: i64) -> Self {
        Self { starts_at: self.starts_at.plus_millis(millis), ends_at: self.ends_at.plus_millis(millis) }
    }
}

crate::words::words! {
    /// What can be in one place only.
    pub enum ResourceKind {
        /// Điểm cầu.
        Endpoint = "endpoint",
        /// Phòng họp.
        Room = "room",
        /// A person called in by name.
        Person = "person",
    }
}

/// One thing that can be in one place only. The order is the order of locking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// An endpoint.
    Endpoint(EndpointId),
    /// A room.
    Room(RoomId),
    /// A person.
    Person(PersonId),
}

impl Resource {
    /// What kind of thing.
    pub const fn kind(self) -> ResourceKind {
        match self {
            Self::Endpoint(_) => ResourceKind::Endpoint,
            Self::Room(_) => ResourceKind::Room,
            Self::Person(_) => ResourceKind::Person,
        }
    }

    /// Its id, whatever the kind.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Endpoint(id) => id.0,
            Self::Room(id) => id.0,
            Self::Person(id) => id.0,
        }
    }
}

/// A thing that is taken by another session at that time.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Conflict {
    /// What kind of thing.
    pub what: ResourceKind,
    /// Which one.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// By which session.
    pub session_id: SessionId,
    /// What that session is about.
    pub subject: String,
    /// When that session starts.
    pub starts_at: Moment,
    /// When that session ends.
    pub ends_at: Moment,
}

/// A time when a thing is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// Which thing.
    pub id: Uuid,
    /// When.
    pub span: Span,
}

/// Another time for the wanted session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    /// Start.
    pub starts_at: Moment,
    /// End.
    pub ends_at: Moment,
    /// How many things would still be taken.
    pub conflicts: i64,
}

/// How many different things are taken at some time of `span`.
pub fn clashes(busy: &[Busy], span: Span) -> i64 {
    let mut taken: Vec<Uuid> =
        busy.iter().filter(|busy| busy.span.overlaps(span)).map(|busy| busy.id).collect();
    taken.sort_unstable();
    taken.dedup();
    i64::try_from(taken.len()).unwrap_or(i64::MAX)
}

/// The best `most` of the candidates: fewest clashes first, then nearest to the wanted time, then the earlier.
pub fn suggest(
    busy: &[Busy],
    wanted: Span,
    candidates: impl IntoIterator<Item = Span>,
    most: usize,
) -> Vec<Suggestion> {
    let mut found: Vec<(i64, u64, Span)> = candidates
        .into_iter()
        .filter(|candidate| *candidate != wanted)
        .map(|candidate| {
            let away = candidate.starts_at.millis_since(wanted.starts_at).unsigned_abs();
            (clashes(busy, candidate), away, candidate)
        })
        .collect();
    found.sort_by_key(|(conflicts, away, span)| (*conflicts, *away, span.starts_at));
    found.truncate(most);
    let shown = |(conflicts, _, span): (i64, u64, Span)| Suggestion {
        starts_at: span.starts_at,
        ends_at: span.ends_at,
        conflicts,
    };
    found.into_iter().map(shown).collect()
}

/// Shifts of the wanted time by whole steps, up to `reach_ms` to either side, that do not start before `earliest`.
pub fn shifts(wanted: Span, step_ms: i64, reach_ms: i64, earliest: Moment) -> impl Iterator<Item = Span> {
    let step = step_ms.max(60_000);
    let steps = (reach_ms / step).clamp(0, 10_000);
    (-steps..=steps).map(move |n| wanted.shifted(n * step)).filter(move |span| span.starts_at >= earliest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Moment::from_millis(from), Moment::from_millis(to))
    }

    #[test]
    fn one_may_start_when_another_ends() {
        assert!(!span(0, 10).overlaps(span(10, 20)));
        assert!(span(0, 11).overlaps(span(10, 20)));
        assert!(span(0, 30).overlaps(span(10, 20)));
    }

    #[test]
    fn a_thing_taken_twice_clashes_once() {
        let id = Uuid::from_u128(1);
        let busy = [Busy { id, span: span(0, 10) }, Busy { id, span: span(10, 20) }];
        assert_eq!(clashes(&busy, span(5, 15)), 1);
    }

    #[test]
    fn the_nearest_free_time_comes_first() {
        let minute = 60_000;
        let busy = [Busy { id: Uuid::from_u128(1), span: span(0, 60 * minute) }];
        let wanted = span(30 * minute, 60 * minute);
        let candidates = shifts(wanted, 30 * minute, 120 * minute, Moment::from_millis(0));
        let best = suggest(&busy, wanted, candidates, 2);
        let found: Vec<_> = best.iter().map(|s| (s.starts_at.as_millis() / minute, s.conflicts)).collect();
        assert_eq!(found, [(60, 0), (90, 0)]);
    }

    #[test]
    fn nothing_is_suggested_in_the_past() {
        let wanted = span(0, 1);
        assert!(
            shifts(wanted, 60_000, 600_000, Moment::from_millis(0)).all(|s| s.starts_at >= wanted.starts_at)
        );
    }

    proptest! {
        #[test]
        fn overlap_is_mutual_and_means_a_shared_instant(a in 0_i64..50, b in 1_i64..20, c in 0_i64..50, d in 1_i64..20) {
            let (one, other) = (span(a, a + b), span(c, c + d));
            let shared = (a..a + b).any(|instant| (c..c + d).contains(&instant));
            prop_assert_eq!(one.overlaps(other), shared);
            prop_assert_eq!(other.overlaps(one), shared);
        }
    }
}
