//! Điểm cầu: a fixed room with one camera, one screen and many delegates. It is what connects.

use crate::day::Day;
use crate::field::{FieldError, Fields};
use crate::id::{EndpointId, UnitId};
use crate::org::{UnitRef, check_validity};

crate::words::words! {
    /// What an endpoint is in a session.
    pub enum EndpointRole {
        /// Điểm cầu chính: where the chair sits.
        Host = "host",
        /// Điểm cầu thành phần.
        Member = "member",
    }
}

crate::words::words! {
    /// What kind of place norms take it for.
    pub enum Zone {
        /// No special rule.
        Ordinary = "ordinary",
        /// Xã có điều kiện kinh tế - xã hội khó khăn, đặc biệt khó khăn.
        Difficult = "difficult",
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Endpoint {
    /// Identity.
    pub id: EndpointId,
    /// Name, as shown under its picture.
    pub name: String,
    /// The unit that it belongs to.
    #[cfg_attr(feature = "store", sqlx(flatten))]
    pub unit: UnitRef,
    /// Can it be the place of the chair?
    pub role: EndpointRole,
    /// What kind of place norms take it for.
    pub zone: Zone,
    /// One way to the host, by road, in metres.
    pub distance_metres: i64,
    /// One way to the host, by road, in minutes.
    pub one_way_minutes: i64,
    /// Delegates that fit in.
    pub seats: i64,
    /// The technician's telephone.
    pub contact_phone: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
    /// Rises with every edit.
    pub version: i64,
}

/// An endpoint to add, or what an edited one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Name.
    pub name: String,
    /// The unit that it belongs to.
    pub unit_id: UnitId,
    /// Can it be the place of the chair?
    pub role: EndpointRole,
    /// What kind of place norms take it for.
    pub zone: Zone,
    /// One way to the host, by road, in metres.
    pub distance_metres: i64,
    /// One way to the host, by road, in minutes.
    pub one_way_minutes: i64,
    /// Delegates that fit in.
    pub seats: i64,
    /// The technician's telephone.
    pub contact_phone: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
}

/// An endpoint as it is named in passing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct EndpointRef {
    /// Identity.
    #[cfg_attr(feature = "store", sqlx(rename = "endpoint_id"))]
    pub id: EndpointId,
    /// Name.
    #[cfg_attr(feature = "store", sqlx(rename = "endpoint_name"))]
    pub name: String,
    /// The unit that it belongs to.
    pub unit_id: UnitId,
    /// Name of that unit.
    pub unit_name: String,
}

impl Endpoint {
    /// Did it exist on that day?
    pub fn is_valid(&self, day: Day) -> bool {
        day.is_within(self.valid_from, self.valid_to)
    }
}

impl NewEndpoint {
    /// What is wrong with it. The ranges only rule out slips of the keyboard: 5,000 km, one week, 10,000 seats.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.line("name", &self.name, 200);
        fields.number("distance_metres", self.distance_metres, 0..=5_000_000);
        fields.number("one_way_minutes", self.one_way_minutes, 0..=10_080);
        fields.number("seats", self.seats, 0..=10_000);
        fields.optional_line("contact_phone", self.contact_phone.as_deref().unwrap_or_default(), 40);
        check_validity(&mut fields, self.valid_from, self.valid_to);
        fields.verdict()
    }
}
