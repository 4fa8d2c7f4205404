//! Sổ chi phí tiết kiệm: what a session saved, delegate by delegate, by the numbers in force on its day.

use crate::cost::{self, Exclusion, Place, Savings, Terms, Totals};
use crate::day::Day;
use crate::endpoint::EndpointRole;
use crate::id::{DelegateId, EndpointId, LedgerId, NormId, RosterId, SessionId, UnitId};
use crate::interval::Connection;
use crate::moment::Moment;
use crate::norm::{Norm, NormKind};
use crate::roster::RosterLine;
use crate::session::{MeetingKind, Mode, Session};

/// An endpoint of a session that has ended: who was named at it, and how long it was connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attended {
    /// The line of the roster with its delegates.
    pub line: RosterLine,
    /// Its intervals added up.
    pub connection: Connection,
}

/// An endpoint as settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledEndpoint {
    /// Who was there.
    pub attended: Attended,
    /// What they saved, in the order of the delegates.
    pub savings: Savings,
}

/// A session as settled: attendance and money from one look at the same facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The session.
    pub session_id: SessionId,
    /// Civil date of the session.
    pub held_on: Day,
    /// Its kind.
    pub kind: MeetingKind,
    /// Was it held over the line? Endpoints of a meeting in person are not invited to connect.
    pub online: bool,
    /// The numbers that it is reckoned by.
    pub terms: Terms,
    /// Endpoint by endpoint.
    pub endpoints: Vec<SettledEndpoint>,
    /// Their sum.
    pub totals: Totals,
}

/// Reckons a session. The same attendance and terms always give the same figures.
pub fn settle(session: &Session, terms: Terms, attended: Vec<Attended>) -> Settlement {
    let settle_endpoint = |attended: Attended| {
        let entry = &attended.line.entry;
        let place = Place {
            role: entry.role,
            zone: entry.zone,
            distance_metres: entry.distance_metres,
            one_way_minutes: entry.one_way_minutes,
            joined: attended.connection.first_at.is_some(),
        };
        let present: Vec<bool> =
            attended.line.delegates.iter().map(|delegate| delegate.presence.is_present()).collect();
        let savings = cost::endpoint(&terms, &place, &present);
        SettledEndpoint { attended, savings }
    };
    let endpoints: Vec<SettledEndpoint> = attended.into_iter().map(settle_endpoint).collect();
    Settlement {
        session_id: session.id,
        held_on: session.held_on,
        kind: session.kind,
        online: session.mode != Mode::InPerson,
        totals: endpoints.iter().map(|endpoint| endpoint.savings.totals).sum(),
        terms,
        endpoints,
    }
}

impl SettledEndpoint {
    /// Was it connected at some time?
    pub fn joined(&self) -> bool {
        self.attended.connection.first_at.is_some()
    }

    /// Delegates called present.
    pub fn delegates_present(&self) -> i64 {
        self.count(|delegate| delegate.presence.is_present())
    }

    /// Delegates called present who came instead of somebody else.
    pub fn substitutes(&self) -> i64 {
        self.count(|delegate| delegate.presence.is_present() && delegate.substitute_for.is_some())
    }

    /// Delegates named.
    pub fn delegates_named(&self) -> i64 {
        self.count(|_| true)
    }

    fn count(&self, which: impl Fn(&crate::delegate::Delegate) -> bool) -> i64 {
        let found = self.attended.line.delegates.iter().filter(|delegate| which(delegate)).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    }
}

/// A norm as a line of the ledger names it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct NormUse {
    /// Which one.
    pub norm_id: NormId,
    /// What it is for.
    pub kind: NormKind,
    /// The amount.
    pub value_dong: i64,
    /// Căn cứ pháp lý.
    pub legal_basis: String,
    /// Since when it holds.
    pub effective_from: Day,
}

impl From<&Norm> for NormUse {
    fn from(norm: &Norm) -> Self {
        Self {
            norm_id: norm.id,
            kind: norm.kind,
            value_dong: norm.value_dong,
            legal_basis: norm.legal_basis.clone(),
            effective_from: norm.effective_from,
        }
    }
}

/// One delegate in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct LedgerRow {
    /// Identity.
    pub id: LedgerId,
    /// The delegate of the roster.
    pub delegate_id: DelegateId,
    /// The line of the roster.
    pub roster_id: RosterId,
    /// Họ và tên.
    pub delegate: String,
    /// Chức vụ.
    pub title: String,
    /// The unit.
    pub unit_id: UnitId,
    /// Name of the unit on the day.
    pub unit: String,
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Name of the endpoint on the day.
    pub endpoint: String,
    /// Host or member.
    pub role: EndpointRole,
    /// One way to the host, by road, in metres.
    pub distance_metres: i64,
    /// One way to the host, by road, in minutes.
    pub one_way_minutes: i64,
    /// Days away.
    pub trip_days: i64,
    /// Nights away.
    pub nights: i64,
    /// Phụ cấp lưu trú.
    pub allowance_dong: i64,
    /// Tiền thuê phòng nghỉ.
    pub lodging_dong: i64,
    /// Tiền đi lại.
    pub transport_dong: i64,
    /// Chi giải khát.
    pub refreshments_dong: i64,
    /// Sum of the four.
    pub total_dong: i64,
    /// The sum by the cheaper assumptions.
    pub low_dong: i64,
    /// The sum by the dearer assumptions.
    pub high_dong: i64,
    /// Time on the road, both ways.
    pub minutes_saved: i64,
    /// Why nothing was saved.
    pub excluded: Option<Exclusion>,
    /// The norms used.
    #[cfg_attr(feature = "store", sqlx(skip))]
    pub norms: Vec<NormUse>,
    /// Price of a litre of petrol used.
    pub petrol_price_dong: i64,
    /// By which formula.
    pub formula_version: i64,
}

/// A settlement as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The session.
    pub session_id: SessionId,
    /// The how-manieth settlement, from 1; a correction of the roll makes the next.
    pub revision: i64,
    /// When it was made.
    pub settled_at: Moment,
    /// By which formula.
    pub formula_version: i64,
    /// The numbers that it was reckoned by.
    pub terms: Terms,
    /// Its sums.
    pub totals: Totals,
    /// Delegate by delegate: the host first, then by endpoint.
    pub rows: Vec<LedgerRow>,
}
