//! What can go wrong between the program and its database.

use crate::words::UnknownWord;

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row was changed by someone else since it was read.
    #[error("the row has changed since it was read")]
    Stale,
    /// A row with the same key exists.
    #[error("a row with this key exists already")]
    Duplicate,
    /// The row points to one that does not exist, or is pointed to.
    #[error("the row refers to one that does not exist")]
    Reference,
    /// A rule of the table forbids the row.
    #[error("a rule of the table forbids the row")]
    Refused,
    /// Two transactions waited for each other; the same work tried again will do.
    #[error("the database was busy; try again")]
    Busy,
    /// The database cannot be reached or cannot write: lost, full, read-only, shut down. It may come back.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A stored value makes no sense: the file was changed by other hands.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// The tables could not be brought up to date.
    #[error("the tables could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address names no database that is known here.
    #[error("not a database address: {0}")]
    Address(String),
    /// A statement is wrong; a fault of the program.
    #[error("a statement failed: {0}")]
    Statement(#[source] sqlx::Error),
}

impl StoreError {
    /// May the same work succeed later without anything being changed?
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(told) => {
                match trouble(told.code().as_deref()) {
                    Some(Trouble::Busy) => return Self::Busy,
                    Some(Trouble::Gone) => return Self::Unavailable(error),
                    Some(Trouble::Damaged) => return Self::Corrupt(error.to_string()),
                    None => {}
                }
                match told.kind() {
                    sqlx::error::ErrorKind::UniqueViolation => Self::Duplicate,
                    sqlx::error::ErrorKind::ForeignKeyViolation => Self::Reference,
                    sqlx::error::ErrorKind::NotNullViolation
                    | sqlx::error::ErrorKind::CheckViolation
                    | sqlx::error::ErrorKind::ExclusionViolation => Self::Refused,
                    _ => Self::Statement(error),
                }
            }
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => {
                Self::Unavailable(error)
            }
            E::ColumnDecode { .. } | E::Decode(_) => Self::Corrupt(error.to_string()),
            _ => Self::Statement(error),
        }
    }
}

/// What a code of the database can mean besides a broken constraint.
enum Trouble {
    /// Others are in the way.
    Busy,
    /// It cannot serve, or cannot write.
    Gone,
    /// Its file was changed by other hands.
    Damaged,
}

/// SQLSTATE of PostgreSQL has five characters; result codes of SQLite are numbers of at most four digits, with the
/// primary code in the low byte.
fn trouble(code: Option<&str>) -> Option<Trouble> {
    let code = code?;
    if code.len() == 5 {
        return match code {
            "40001" | "40P01" | "55P03" => Some(Trouble::Busy),
            "25006" | "53100" | "53200" | "53300" | "57P01" | "57P02" | "57P03" | "58030" => {
                Some(Trouble::Gone)
            }
            _ => None,
        };
    }
    match code.parse::<u32>().ok()? & 0xff {
        5 | 6 => Some(Trouble::Busy),            // BUSY, LOCKED
        8 | 10 | 13 | 14 => Some(Trouble::Gone), // READONLY, IOERR, FULL, CANTOPEN
        11 | 26 => Some(Trouble::Damaged),       // CORRUPT, NOTADB
        _ => None,
    }
}

impl From<UnknownWord> for StoreError {
    fn from(error: UnknownWord) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}
