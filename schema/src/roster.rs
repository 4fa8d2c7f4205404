//! Thành phần tham dự: the endpoints of a session, frozen as they were when it was scheduled.

use crate::delegate::Delegate;
use crate::endpoint::{Endpoint, EndpointRef, EndpointRole, Zone};
use crate::field::{FieldCode, FieldError, Fields};
use crate::id::{PersonId, RosterId, SessionId, UnitId};
use crate::moment::Moment;
use crate::person::Person;
use crate::room::Room;
use crate::session::{NewSession, SessionAction};

crate::words::words! {
    /// Xác nhận tham dự.
    pub enum Rsvp {
        /// Chưa trả lời.
        Pending = "pending",
        /// Tham dự.
        Accepted = "accepted",
        /// Không tham dự.
        Declined = "declined",
    }
}

/// One line of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct RosterEntry {
    /// Identity.
    pub id: RosterId,
    /// Of which session.
    pub session_id: SessionId,
    /// The endpoint, with its names of that day.
    #[cfg_attr(feature = "store", sqlx(flatten))]
    pub endpoint: EndpointRef,
    /// Host or member.
    pub role: EndpointRole,
    /// What kind of place norms take it for.
    pub zone: Zone,
    /// One way to the host, by road, in metres.
    pub distance_metres: i64,
    /// One way to the host, by road, in minutes.
    pub one_way_minutes: i64,
    /// Did the endpoint confirm?
    pub rsvp: Rsvp,
}

/// A line of the roster with those named at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLine {
    /// The endpoint.
    pub entry: RosterEntry,
    /// Its delegates, in their order.
    pub delegates: Vec<Delegate>,
}

/// Something done with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct HistoryEntry {
    /// When.
    pub at: Moment,
    /// Who, as named on that day.
    pub actor_name: String,
    /// What.
    pub action: SessionAction,
    /// Why.
    pub reason: Option<String>,
}

/// A warning that was gone past.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Override {
    /// Which warning.
    pub code: String,
    /// Why.
    pub reason: String,
    /// Who, as named on that day.
    pub actor_name: String,
    /// When.
    pub at: Moment,
}

/// What the directory knows of the things that a session names.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The endpoints found.
    pub endpoints: Vec<Endpoint>,
    /// The rooms found.
    pub rooms: Vec<Room>,
    /// The people found.
    pub people: Vec<Person>,
}

impl Named {
    /// What is wrong with a session in the light of the directory: things that do not exist, are not valid on its
    /// date, or cannot be what they are named as.
    pub fn verdict(&self, session: &NewSession) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        let days = (session.held_on(), session.last_day());
        let is_valid = |endpoint: &Endpoint| endpoint.is_valid(days.0) && endpoint.is_valid(days.1);
        match self.endpoints.iter().find(|endpoint| endpoint.id == session.host_endpoint_id) {
            None => fields.refuse("host_endpoint_id", FieldCode::Unknown),
            Some(host) => {
                fields.require(host.role == EndpointRole::Host, "host_endpoint_id", FieldCode::NotAHost);
                fields.require(is_valid(host), "host_endpoint_id", FieldCode::OutsideValidity);
            }
        }
        for (at, id) in session.endpoint_ids.iter().enumerate() {
            let field = format!("endpoint_ids.{at}");
            match self.endpoints.iter().find(|endpoint| endpoint.id == *id) {
                None => fields.refuse(field, FieldCode::Unknown),
                Some(endpoint) => fields.require(is_valid(endpoint), &field, FieldCode::OutsideValidity),
            }
        }
        for (at, id) in session.room_ids.iter().enumerate() {
            let known = self.rooms.iter().any(|room| room.id == *id);
            fields.require(known, &format!("room_ids.{at}"), FieldCode::Unknown);
        }
        if let Some(chair) = session.chair_id {
            self.check_person(&mut fields, "chair_id", chair);
        }
        for (at, id) in session.person_ids.iter().enumerate() {
            self.check_person(&mut fields, &format!("person_ids.{at}"), *id);
        }
        fields.verdict()
    }

    fn check_person(&self, fields: &mut Fields, field: &str, id: PersonId) {
        match self.people.iter().find(|person| person.id == id) {
            None => fields.refuse(field, FieldCode::Unknown),
            Some(person) => fields.require(person.active, field, FieldCode::OutsideValidity),
        }
    }
}

/// May these people of the directory sit at this endpoint? At the host anyone may; elsewhere only people of the
/// endpoint's own unit and of the units below it (`units`).
pub fn seating_verdict(
    entry: &RosterEntry,
    units: &[UnitId],
    people: &[(usize, Option<Person>)],
) -> Vec<FieldError> {
    let mut fields = Fields::new();
    for (at, person) in people {
        let field = format!("delegates.{at}.person_id");
        match person {
            None => fields.refuse(field, FieldCode::Unknown),
            Some(person) => {
                let belongs = entry.role == EndpointRole::Host || units.contains(&person.unit.id);
                fields.require(belongs, &field, FieldCode::OtherUnit);
            }
        }
    }
    fields.into_errors()
}
