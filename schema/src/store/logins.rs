//! Logins: one per browser. Only a hash of the token is kept.

use super::sql::{execute, optional};
use super::{StoreError, Tx};
use crate::account::Login;
use crate::id::{AccountId, LoginId};
use crate::moment::Moment;

/// A login to keep.
#[derive(Debug, Clone)]
pub struct NewLogin<'a> {
    /// Who signed in.
    pub account_id: AccountId,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// What a changing request must carry.
    pub csrf_token: &'a str,
    /// It ends here unless a request comes before.
    pub idle_expires_at: Moment,
    /// It ends here in any case.
    pub expires_at: Moment,
}

/// The login whose token has this hash, still good or not.
pub async fn find(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Login>, StoreError> {
    optional!(tx, "SELECT * FROM logins WHERE token_hash = $1", token_hash)
}

/// Adds a login.
pub async fn insert(tx: &mut Tx, new: &NewLogin<'_>, now: Moment) -> Result<LoginId, StoreError> {
    let id = LoginId::new(now);
    execute!(
        tx,
        "INSERT INTO logins
             (id, account_id, token_hash, csrf_token, created_at, last_seen_at, idle_expires_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        id,
        new.account_id,
        new.token_hash,
        new.csrf_token,
        now,
        new.idle_expires_at,
        new.expires_at,
    )?;
    Ok(id)
}

/// Notes a request: the idle clock starts anew.
pub async fn touch(tx: &mut Tx, id: LoginId, now: Moment, idle_expires_at: Moment) -> Result<(), StoreError> {
    execute!(
        tx,
        "UPDATE logins SET last_seen_at = $2, idle_expires_at = $3 WHERE id = $1",
        id,
        now,
        idle_expires_at,
    )?;
    Ok(())
}

/// Signs one browser out.
pub async fn delete(tx: &mut Tx, id: LoginId) -> Result<(), StoreError> {
    execute!(tx, "DELETE FROM logins WHERE id = $1", id)?;
    Ok(())
}

/// Signs all browsers of an account out, but for `keep`: after a new password or a switched-off account.
pub async fn delete_of(tx: &mut Tx, account: AccountId, keep: Option<LoginId>) -> Result<u64, StoreError> {
    execute!(tx, "DELETE FROM logins WHERE account_id = $1 AND ($2 IS NULL OR id <> $2)", account, keep)
}

/// Forgets the logins that have ended.
pub async fn delete_expired(tx: &mut Tx, now: Moment) -> Result<u64, StoreError> {
    execute!(tx, "DELETE FROM logins WHERE expires_at <= $1 OR idle_expires_at <= $1", now)
}
