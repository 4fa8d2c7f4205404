//! Cơ quan, đơn vị: units of the province, each valid for a stretch of time. Names and codes are reused by other
//! territories after a reform, so a unit is its id, and what became of it is a link of its own.

use crate::day::Day;
use crate::field::{FieldCode, FieldError, Fields};
use crate::id::UnitId;

crate::words::words! {
    /// What kind of unit.
    pub enum UnitKind {
        /// Tỉnh: the province itself, root of the tree.
        Province = "province",
        /// Sở, ban, ngành.
        Department = "department",
        /// Thành phố thuộc tỉnh, to 30/6/2025.
        City = "city",
        /// Thị xã, to 30/6/2025.
        Town = "town",
        /// Huyện, to 30/6/2025.
        District = "district",
        /// Phường.
        Ward = "ward",
        /// Xã.
        Commune = "commune",
    }
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Unit {
    /// Identity.
    pub id: UnitId,
    /// Full name: *UBND huyện Mường Nhé*.
    pub name: String,
    /// Name where room is short: *Mường Nhé*.
    pub short_name: String,
    /// What kind of unit.
    pub kind: UnitKind,
    /// The unit above; `None` for the province.
    pub parent_id: Option<UnitId>,
    /// Official code, reused over time.
    pub code: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
    /// Rises with every edit.
    pub version: i64,
}

/// A unit to add, or what an edited one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnit {
    /// Full name.
    pub name: String,
    /// Name where room is short.
    pub short_name: String,
    /// What kind of unit.
    pub kind: UnitKind,
    /// The unit above.
    pub parent_id: Option<UnitId>,
    /// Official code.
    pub code: Option<String>,
    /// First day of its existence.
    pub valid_from: Day,
    /// Last day of its existence.
    pub valid_to: Option<Day>,
}

/// A unit as it is named in passing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct UnitRef {
    /// Identity.
    #[cfg_attr(feature = "store", sqlx(rename = "unit_id"))]
    pub id: UnitId,
    /// Full name.
    #[cfg_attr(feature = "store", sqlx(rename = "unit_name"))]
    pub name: String,
}

impl Unit {
    /// Did it exist on that day?
    pub fn is_valid(&self, day: Day) -> bool {
        day.is_within(self.valid_from, self.valid_to)
    }
}

impl NewUnit {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.line("name", &self.name, 200);
        fields.line("short_name", &self.short_name, 100);
        fields.optional_line("code", self.code.as_deref().unwrap_or_default(), 20);
        let rooted = (self.kind == UnitKind::Province) == self.parent_id.is_none();
        fields.require(rooted, "parent_id", FieldCode::Contradiction);
        check_validity(&mut fields, self.valid_from, self.valid_to);
        fields.verdict()
    }
}

pub(crate) fn check_validity(fields: &mut Fields, from: Day, to: Option<Day>) {
    fields.require(to.is_none_or(|to| from <= to), "valid_to", FieldCode::EndsBeforeStart);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_by_its_field() {
        let unit = NewUnit {
            name: "  ".into(),
            short_name: "x".repeat(101),
            kind: UnitKind::District,
            parent_id: None,
            code: None,
            valid_from: Day::of(2025, 7, 1).unwrap(),
            valid_to: Day::of(2025, 6, 30),
        };
        let errors = unit.verdict().unwrap_err();
        let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(
            found,
            [
                ("name", FieldCode::Required),
                ("short_name", FieldCode::TooLong),
                ("parent_id", FieldCode::Contradiction),
                ("valid_to", FieldCode::EndsBeforeStart),
            ]
        );
    }
}
