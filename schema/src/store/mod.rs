//! The tables, on SQLite and on PostgreSQL.
//!
//! Every function takes a [`Tx`]; the use case that calls it owns the transaction. Rows are written by
//! [`Store::write`] transactions only. Locks are taken in one order everywhere, so that no two transactions wait
//! for each other: an account ([`accounts`]), bookable things by kind and id ([`bookings`]), then sessions by id, then the
//! end of the audit chain ([`audit`]), which is therefore written last.

pub mod accounts;
pub mod audit;
pub mod bookings;
pub mod calendar;
pub mod delegates;
pub mod endpoints;
mod error;
pub mod history;
pub mod intervals;
pub mod ledger;
pub mod logins;
pub mod norms;
pub mod outbox;
pub mod people;
pub mod reports;
pub mod rooms;
pub mod roster;
pub mod sessions;
pub mod settings;
mod sql;
mod tx;
pub mod units;
pub mod webhooks;

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, SqliteConnection, SqlitePool};
use tracing::Instrument as _;

pub use error::StoreError;
pub use tx::Tx;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a writer waits for another before it is told [`StoreError::Busy`].
const WAIT: Duration = Duration::from_secs(10);

/// How long a transaction waits for a connection to a server that may be gone before it is told so.
const WAIT_FOR_SERVER: Duration = Duration::from_secs(5);

/// Readers at the same time on SQLite; a reader there is a thread.
const SQLITE_READERS: u32 = 6;

/// Connections to PostgreSQL of one process.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file, created when it is missing.
    File(PathBuf),
    /// A PostgreSQL database, by URL.
    Postgres(String),
}

impl std::str::FromStr for Address {
    type Err = StoreError;

    /// `postgres://…` or `postgresql://…` is a server; `sqlite:PATH`, `sqlite://PATH` or a bare path is a file.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        if path.is_empty() || path.contains("://") || path.starts_with(':') {
            return Err(StoreError::Address("expected postgres://… or a file".into()));
        }
        Ok(Self::File(PathBuf::from(path)))
    }
}

/// The tables. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// A SQLite file: one writer at a time, readers beside it.
    Sqlite {
        /// One connection: writers queue here instead of failing.
        write: SqlitePool,
        /// Connections that cannot write.
        read: SqlitePool,
    },
    /// A PostgreSQL database.
    Postgres(PgPool),
}

/// A row of a list with what the list is sorted by.
#[derive(sqlx::FromRow)]
struct Keyed<T> {
    #[sqlx(flatten)]
    item: T,
    sort_key: Vec<u8>,
}

/// Opens the tables and brings them up to date.
pub async fn open(address: &Address) -> Result<Store, StoreError> {
    let store = connect(address).await?;
    store.migrate().await?;
    Ok(store)
}

/// Opens the tables as they are.
pub async fn connect(address: &Address) -> Result<Store, StoreError> {
    match address {
        Address::File(path) => {
            let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(WAIT);
            let writer = options
                .clone()
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full);
            let write = SqlitePoolOptions::new()
                .max_connections(1)
                .acquire_timeout(WAIT)
                .after_release(|connection, _| Box::pin(is_at_rest(connection)))
                .connect_with(writer)
                .await?;
            let read = SqlitePoolOptions::new().max_connections(SQLITE_READERS).acquire_timeout(WAIT);
            Ok(Store::Sqlite { write, read: read.connect_lazy_with(options.read_only(true)) })
        }
        Address::Postgres(url) => {
            let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| {
                StoreError::Address(error.to_string().replace(url.as_str(), "postgres://…"))
            })?;
            let pool =
                PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(WAIT_FOR_SERVER);
            Ok(Store::Postgres(pool.connect_with(options.application_name("giaoban")).await?))
        }
    }
}

/// Is the connection out of any transaction? On a full disk SQLite rolls back by itself; sqlx then fails to roll back
/// what is gone and takes the connection for busy ever after. Such a connection is closed and a new one opened.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The rollback of a dropped transaction may still be under way; the answer to this comes after it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Begins in a task of its own, which ends also when the caller gives up: a request whose client hangs up. sqlx 0.9.0
/// counts a transaction only when the server has answered, so that one given up before is never rolled back, and the next
/// to get the connection finds itself in it (transact-rs/sqlx#4393).
async fn begin_whole(pool: &PgPool, statement: &'static str) -> Result<Tx, StoreError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(statement).await }.in_current_span());
    match begun.await {
        Ok(begun) => Ok(Tx::Postgres(begun?)),
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime is going down.
        Err(_) => Err(sqlx::Error::PoolClosed.into()),
    }
}

impl Store {
    /// Brings the tables up to date; several processes may do so at the same time.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { write, .. } => SQLITE_MIGRATIONS.run(write).await?,
            Self::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Begins a transaction that may write. On SQLite it holds the write lock from here on.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => begin_whole(pool, "BEGIN").await?,
        })
    }

    /// Begins a transaction that sees one unchanging state and cannot write.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::Sqlite(read.begin().await?),
            Self::Postgres(pool) => {
                begin_whole(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?
            }
        })
    }

    /// `sqlite` or `postgresql`.
    pub fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Waits for the running transactions and closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_server_or_a_file() {
        let file = |path: &str| Address::File(PathBuf::from(path));
        assert_eq!("sqlite:///var/giaoban.db".parse::<Address>().unwrap(), file("/var/giaoban.db"));
        assert_eq!("sqlite:giaoban.db".parse::<Address>().unwrap(), file("giaoban.db"));
        assert_eq!("data/giaoban.db".parse::<Address>().unwrap(), file("data/giaoban.db"));
        let server = "postgres://u@localhost/giaoban";
        assert_eq!(server.parse::<Address>().unwrap(), Address::Postgres(server.into()));
        for wrong in ["", "mysql://localhost/x", "sqlite::memory:"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
