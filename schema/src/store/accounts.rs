//! Accounts and their grants.

use super::sql::{all, built, containing, execute, insert_many, optional, touched};
use super::{StoreError, Tx};
use crate::account::{Account, AccountChange, NewAccount, username_key};
use crate::id::{AccountId, EndpointId, UnitId};
use crate::moment::Moment;
use crate::paging::{Cursor, Page, Paging};
use crate::role::{Grant, Role};
use crate::text;

#[derive(sqlx::FromRow)]
struct Row {
    id: AccountId,
    username: String,
    display_name: String,
    unit_id: Option<UnitId>,
    endpoint_id: Option<EndpointId>,
    failed_attempts: i64,
    locked_until: Option<Moment>,
    disabled: bool,
    created_at: Moment,
    last_login_at: Option<Moment>,
    sort_key: Vec<u8>,
    version: i64,
}

impl Row {
    fn with(self, grants: Vec<Grant>) -> Account {
        Account {
            id: self.id,
            username: self.username,
            display_name: self.display_name,
            unit_id: self.unit_id,
            endpoint_id: self.endpoint_id,
            grants,
            failed_attempts: self.failed_attempts,
            locked_until: self.locked_until,
            disabled: self.disabled,
            created_at: self.created_at,
            last_login_at: self.last_login_at,
            version: self.version,
        }
    }
}

/// The account with this id.
pub async fn find(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> = optional!(tx, "SELECT * FROM accounts WHERE id = $1", id)?;
    with_grants(tx, row).await
}

/// The account with this id, held until the transaction is over: wrong passwords that race all count.
pub async fn lock(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, StoreError> {
    let sql = match tx {
        Tx::Sqlite(_) => "SELECT * FROM accounts WHERE id = $1",
        Tx::Postgres(_) => "SELECT * FROM accounts WHERE id = $1 FOR NO KEY UPDATE",
    };
    let row: Option<Row> = optional!(tx, sql, id)?;
    with_grants(tx, row).await
}

/// The account that signs in under this name.
pub async fn find_by_username(tx: &mut Tx, username: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> =
        optional!(tx, "SELECT * FROM accounts WHERE username = $1", username_key(username))?;
    with_grants(tx, row).await
}

async fn with_grants(tx: &mut Tx, row: Option<Row>) -> Result<Option<Account>, StoreError> {
    let Some(row) = row else { return Ok(None) };
    let grants = grants(tx, row.id).await?;
    Ok(Some(row.with(grants)))
}

/// The grants of an account.
pub async fn grants(tx: &mut Tx, id: AccountId) -> Result<Vec<Grant>, StoreError> {
    all!(tx, "SELECT role, unit_id FROM grants WHERE account_id = $1 ORDER BY role, unit_id", id)
}

/// The PHC text of the password.
pub async fn password_hash(tx: &mut Tx, id: AccountId) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = optional!(tx, "SELECT password_hash FROM accounts WHERE id = $1", id)?;
    Ok(row.map(|(hash,)| hash))
}

/// Accounts by name, those whose username or name contains `q`.
pub async fn list(tx: &mut Tx, q: Option<&str>, paging: &Paging) -> Result<Page<Account>, StoreError> {
    let after = paging.after.as_ref();
    let rows: Vec<Row> = all!(
        tx,
        "SELECT * FROM accounts
         WHERE ($1 IS NULL OR search_key LIKE $1 ESCAPE '!')
           AND ($2 IS NULL OR (sort_key, id) > ($2, $3))
         ORDER BY sort_key, id LIMIT $4",
        containing(q),
        after.map(|cursor| cursor.key.clone()),
        after.map(|cursor| cursor.id),
        paging.fetch(),
    )?;
    let page = Page::of(rows, paging, |row| Cursor { key: row.sort_key.clone(), id: row.id.0 });
    let ids: Vec<AccountId> = page.items.iter().map(|row| row.id).collect();
    let mut held = grants_of(tx, &ids).await?;
    Ok(page.map(|row| {
        let own;
        (own, held) = std::mem::take(&mut held).into_iter().partition(|(account, _)| *account == row.id);
        row.with(own.into_iter().map(|(_, grant)| grant).collect())
    }))
}

async fn grants_of(tx: &mut Tx, ids: &[AccountId]) -> Result<Vec<(AccountId, Grant)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(AccountId, Role, Option<UnitId>)> = built!(tx, query => {
        query.push("SELECT account_id, role, unit_id FROM grants WHERE account_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        query.push(") ORDER BY role, unit_id");
    })?;
    Ok(rows.into_iter().map(|(account, role, unit_id)| (account, Grant { role, unit_id })).collect())
}

/// How many accounts there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let (count,): (i64,) = super::sql::one!(tx, "SELECT COUNT(*) FROM accounts")?;
    Ok(count)
}

/// Adds an account; [`StoreError::Duplicate`] when the username is taken.
pub async fn insert(tx: &mut Tx, new: &NewAccount, now: Moment) -> Result<AccountId, StoreError> {
    let id = AccountId::new(now);
    let username = username_key(&new.username);
    let display_name = text::clean(&new.display_name);
    execute!(
        tx,
        "INSERT INTO accounts (id, username, display_name, password_hash, unit_id, endpoint_id, failed_attempts,
             locked_until, disabled, created_at, last_login_at, search_key, sort_key, version)
         VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, $7, $8, NULL, $9, $10, 1)",
        id,
        &username,
        &display_name,
        &new.password_hash,
        new.unit_id,
        new.endpoint_id,
        false,
        now,
        text::search_key_of(&[&username, &display_name]),
        text::sort_key(&display_name),
    )?;
    set_grants(tx, id, &new.grants).await?;
    Ok(id)
}

/// Edits the account read at `version`.
pub async fn update(tx: &mut Tx, id: AccountId, version: i64, to: &AccountChange) -> Result<(), StoreError> {
    let display_name = text::clean(&to.display_name);
    let username: Option<(String,)> = optional!(tx, "SELECT username FROM accounts WHERE id = $1", id)?;
    let (username,) = username.ok_or(StoreError::Stale)?;
    let rows = execute!(
        tx,
        "UPDATE accounts SET display_name = $3, unit_id = $4, endpoint_id = $5, disabled = $6, search_key = $7,
             sort_key = $8, version = version + 1
         WHERE id = $1 AND version = $2",
        id,
        version,
        &display_name,
        to.unit_id,
        to.endpoint_id,
        to.disabled,
        text::search_key_of(&[&username, &display_name]),
        text::sort_key(&display_name),
    )?;
    touched(rows)?;
    set_grants(tx, id, &to.grants).await
}

async fn set_grants(tx: &mut Tx, id: AccountId, grants: &[Grant]) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM grants WHERE account_id = $1", id)?;
    insert_many!(tx, "INSERT INTO grants (account_id, role, unit_id) ", grants, |tuple, grant| {
        tuple.push_bind(id).push_bind(grant.role).push_bind(grant.unit_id);
    })
}

/// Sets another password, which also forgives wrong ones and opens a lock.
pub async fn set_password(tx: &mut Tx, id: AccountId, password_hash: &str) -> Result<(), StoreError> {
    let rows = execute!(
        tx,
        "UPDATE accounts SET password_hash = $2, failed_attempts = 0, locked_until = NULL, version = version + 1
         WHERE id = $1",
        id,
        password_hash,
    )?;
    touched(rows)
}

/// Keeps what [`Account::after_failure`] said.
pub async fn note_failure(
    tx: &mut Tx,
    id: AccountId,
    failed_attempts: i64,
    locked_until: Option<Moment>,
) -> Result<(), StoreError> {
    let rows = execute!(
        tx,
        "UPDATE accounts SET failed_attempts = $2, locked_until = $3 WHERE id = $1",
        id,
        failed_attempts,
        locked_until,
    )?;
    touched(rows)
}

/// A right password: forgives wrong ones and notes the sign-in.
pub async fn note_success(tx: &mut Tx, id: AccountId, now: Moment) -> Result<(), StoreError> {
    let rows = execute!(
        tx,
        "UPDATE accounts SET failed_attempts = 0, locked_until = NULL, last_login_at = $2 WHERE id = $1",
        id,
        now,
    )?;
    touched(rows)
}

/// Opens a lock by hand.
pub async fn unlock(tx: &mut Tx, id: AccountId) -> Result<(), StoreError> {
    touched(execute!(tx, "UPDATE accounts SET failed_attempts = 0, locked_until = NULL WHERE id = $1", id)?)
}
