//! People of the directory: those who chair, attend, or are called in by name.

use crate::field::{FieldCode, FieldError, Fields};
use crate::id::{PersonId, UnitId};
use crate::org::UnitRef;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Person {
    /// Identity.
    pub id: PersonId,
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    pub title: String,
    /// The unit that the person works for.
    #[cfg_attr(feature = "store", sqlx(flatten))]
    pub unit: UnitRef,
    /// Telephone.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Still in office?
    pub active: bool,
    /// Rises with every edit.
    pub version: i64,
}

/// A person to add, or what an edited one is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    pub title: String,
    /// The unit that the person works for.
    pub unit_id: UnitId,
    /// Telephone.
    pub phone: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Still in office?
    pub active: bool,
}

/// A person as named in passing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct PersonRef {
    /// Identity.
    pub id: PersonId,
    /// Họ và tên.
    pub full_name: String,
    /// Chức vụ.
    pub title: String,
}

impl NewPerson {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        fields.line("full_name", &self.full_name, 200);
        fields.optional_line("title", &self.title, 200);
        fields.optional_line("phone", self.phone.as_deref().unwrap_or_default(), 40);
        if let Some(email) = &self.email {
            fields.line("email", email, 254);
            let shaped =
                email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
            fields.require(shaped && !email.contains(char::is_whitespace), "email", FieldCode::BadFormat);
        }
        fields.verdict()
    }
}
