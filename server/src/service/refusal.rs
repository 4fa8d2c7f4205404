//! Why a use case did not do what was asked.

use schema::{
    conflict::Conflict, field::FieldError, regime::Warning, session::WrongState, store::StoreError,
};

use crate::{auth::password::PasswordError, rooms::RoomsError};

/// Why not. The API has one table that turns these into problems.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or not for this actor.
    #[error("not found")]
    NotFound,
    /// The actor may not do this here.
    #[error("not allowed")]
    Forbidden,
    /// User name or password is wrong.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The account is locked.
    #[error("locked for {seconds} s more")]
    Locked {
        /// How long.
        seconds: i64,
    },
    /// Fields are wrong.
    #[error("{} fields are wrong", .0.len())]
    Invalid(Vec<FieldError>),
    /// Somebody else changed it meanwhile.
    #[error("changed meanwhile")]
    Stale,
    /// Something is taken.
    #[error("{} things are taken", .0.len())]
    Conflict(Vec<Conflict>),
    /// Rules are departed from, and nobody has given a reason.
    #[error("{} rules are departed from", .0.len())]
    NeedsOverride(Vec<Warning>),
    /// The session's state does not allow it.
    #[error("the state does not allow it")]
    WrongState,
    /// The session has not ended yet.
    #[error("not ended yet")]
    NotEnded,
    /// Something has to be finished first; the same will do in a moment.
    #[error("not now")]
    NotNow,
    /// The tables.
    #[error(transparent)]
    Store(StoreError),
    /// The rooms.
    #[error(transparent)]
    Rooms(#[from] RoomsError),
    /// Hashing a password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The system has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(#[from] rand::rand_core::OsError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            other => Self::Store(other),
        }
    }
}

impl From<WrongState> for Refusal {
    fn from(_: WrongState) -> Self {
        Self::WrongState
    }
}

impl From<Vec<FieldError>> for Refusal {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::Invalid(fields)
    }
}

impl Refusal {
    /// One wrong field.
    pub fn field(field: &str, code: schema::field::FieldCode) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), code }])
    }
}
