//! Phòng họp: a room that can be booked, with or without an endpoint in it.

use crate::field::{FieldError, Fields};
use crate::id::{EndpointId, RoomId, UnitId};
use crate::org::UnitRef;

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Room {
    /// Identity.
    pub id: RoomId,
    /// Name.
    pub name: String,
    /// The unit that it belongs to.
    #[cfg_attr(feature = "store", sqlx(flatten))]
    pub unit: UnitRef,
    /// The endpoint that stands in it.
    pub endpoint_id: Option<EndpointId>,
    /// People that fit in.
    pub seats: i64,
    /// What is in it, in words.
    pub equipment: String,
    /// Rises with every edit.
    pub version: i64,
}

/// A room to add, or what an edited one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// Name.
    pub name: String,
    /// The unit that it belongs to.
    pub unit_id: UnitId,
    /// The endpoint that stands in it.
    pub endpoint_id: Option<EndpointId>,
    /// People that fit in.
    pub seats: i64,
    /// What is in it, in words.
    pub equipment: String,
}

/// A room as it is named in passing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct RoomRef {
    /// Identity.
    pub id: RoomId,
    /// Name.
    pub name: String,
}

impl NewRoom {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.line("name", &self.name, 200);
        fields.number("seats", self.seats, 0..=10_000);
        fields.optional_text("equipment", &self.equipment, 2_000);
        fields.verdict()
    }
}
