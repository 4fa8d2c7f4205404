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

    /// Is it the row that was to be written which the tables will never take? Other rows may be written without it. All
    /// else is the database's trouble or the program's, and says nothing about the row.
    pub fn is_of_the_row(&self) -> bool {
        match self {
            Self::Duplicate | Self::Reference | Self::Refused | Self::Statement(sqlx::Error::Encode(_)) => {
                true
            }
            Self::Statement(sqlx::Error::Database(told)) => is_of_a_value(told.code().as_deref()),
            _ => false,
        }
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
        5 | 6 => Some(Trouble::Busy), // BUSY, LOCKED
        // NOMEM, READONLY, IOERR, FULL, CANTOPEN
        7 | 8 | 10 | 13 | 14 => Some(Trouble::Gone),
        11 | 26 => Some(Trouble::Damaged), // CORRUPT, NOTADB
        _ => None,
    }
}

/// Does the code say that a value can never be stored? In PostgreSQL class 22, to which a zero byte in a text belongs, and
/// 54000, a text too long for its index; in SQLite TOOBIG, CONSTRAINT and MISMATCH.
fn is_of_a_value(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    if code.len() == 5 {
        return code.starts_with("22") || code == "54000";
    }
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_value_that_cannot_be_stored_is_the_fault_of_its_row() {
        // A zero byte, a number out of range, a text too long for its index; TOOBIG and a type of a STRICT table.
        for code in ["22021", "22003", "54000", "18", "3091"] {
            assert!(is_of_a_value(Some(code)), "{code}");
        }
        // No such database, table or password; a query cancelled; the system, the server; NOMEM, CORRUPT.
        for code in ["3D000", "42P01", "28P01", "57014", "58000", "XX000", "7", "11"] {
            assert!(!is_of_a_value(Some(code)), "{code}");
        }
        assert!(!StoreError::Corrupt(String::new()).is_of_the_row());
        assert!(!StoreError::Statement(sqlx::Error::RowNotFound).is_of_the_row());
        assert!(StoreError::Refused.is_of_the_row());
    }
}
