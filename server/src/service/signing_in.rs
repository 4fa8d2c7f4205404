//! Signing in, staying signed in, signing out.

use schema::{
    account::{Account, Barred, LockRule, Login, username_key},
    field::FieldCode,
    id::SessionId,
    moment::Moment,
    role::{Permission, Role},
    session::SessionState,
    store::{accounts, logins, sessions},
};
use serde_json::json;

use super::{Record, Refusal};
use crate::{
    app::App,
    auth::{
        actor::{Actor, Domain},
        cookie, secret,
    },
};

/// A login is noted as seen at most this often: a page that asks ten things at once must not write ten times.
const NOTED_EVERY_MS: i64 = 30_000;

const MINUTE_MS: i64 = 60_000;

/// Checks name and password; the token goes into the browser's cookie and is stored nowhere.
pub async fn sign_in(app: &App, username: &str, password: &str) -> Result<(String, Account, Login), Refusal> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    let account = accounts::find_by_username(&mut tx, username).await?;
    let stored = match &account {
        Some(account) => accounts::password_hash(&mut tx, account.id).await?,
        None => None,
    };
    drop(tx);
    // Locked, switched off and unknown accounts cost the same work, so that the time tells nothing.
    let right = app.passwords.check(stored.as_deref(), password).await?;
    let Some(account) = account else { return fail_unknown(app, username, now).await };
    if let Some(Barred::LockedUntil(until)) = account.barred(now) {
        return Err(locked(until, now));
    }
    if right && account.barred(now).is_none() {
        admit(app, account, now).await
    } else {
        fail(app, &account, now).await
    }
}

async fn admit(app: &App, account: Account, now: Moment) -> Result<(String, Account, Login), Refusal> {
    let token = secret::fresh()?;
    let hash = secret::digest(&token);
    let longest = app.rule("login.longest_minutes") * MINUTE_MS;
    let mut tx = app.store.write().await?;
    let new = logins::NewLogin {
        account_id: account.id,
        token_hash: &hash,
        csrf_token: &cookie::csrf_of(&token),
        idle_expires_at: now.plus_millis(idle_ms(app, &account)),
        expires_at: now.plus_millis(longest),
    };
    logins::insert(&mut tx, &new, now).await?;
    accounts::note_success(&mut tx, account.id, now).await?;
    let login = logins::find(&mut tx, &hash).await?.ok_or(Refusal::NotFound)?;
    Record::new(&Actor::of(&account), now, "account.sign_in").on(account.id).write(&mut tx).await?;
    tx.commit().await?;
    Ok((token, account, login))
}

fn lock_rule(app: &App) -> LockRule {
    LockRule { attempts: app.rule("login.attempts"), lock_ms: app.rule("login.lock_minutes") * MINUTE_MS }
}

/// A name that no account has: the same work, the same answers, the same lock. The name is not kept, since people type
/// passwords into the wrong field.
async fn fail_unknown<T>(app: &App, username: &str, now: Moment) -> Result<T, Refusal> {
    let name = username_key(username);
    if let Some(until) = app.strangers.barred(&name, now) {
        return Err(locked(until, now));
    }
    let until = app.strangers.fail(name, lock_rule(app), now);
    let mut tx = app.store.write().await?;
    Record::new(&Actor::system(), now, "account.sign_in_failed")
        .with(json!({ "unknown_name": true }))
        .write(&mut tx)
        .await?;
    tx.commit().await?;
    Err(until.map_or(Refusal::WrongCredentials, |until| locked(until, now)))
}

/// Counts a wrong password. The count is read again inside the transaction: guesses that race must all count.
async fn fail<T>(app: &App, account: &Account, now: Moment) -> Result<T, Refusal> {
    let mut tx = app.store.write().await?;
    let account = accounts::find(&mut tx, account.id).await?.ok_or(Refusal::WrongCredentials)?;
    let (failed, until) = account.after_failure(lock_rule(app), now);
    accounts::note_failure(&mut tx, account.id, failed, until).await?;
    let action = if until.is_some() { "account.lock" } else { "account.sign_in_failed" };
    Record::new(&Actor::of(&account), now, action)
        .on(account.id)
        .with(json!({ "failed_attempts": failed }))
        .write(&mut tx)
        .await?;
    tx.commit().await?;
    Err(until.map_or(Refusal::WrongCredentials, |until| locked(until, now)))
}

fn locked(until: Moment, now: Moment) -> Refusal {
    // Rounded up: one who comes back at that second is let in.
    Refusal::Locked { seconds: until.millis_since(now).div_euclid(1000) + 1 }
}

/// Whose token this is, if it is still good; notes that it was used.
pub async fn recognise(app: &App, token: &str) -> Result<Option<(Account, Login)>, Refusal> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    let Some(login) = logins::find(&mut tx, &secret::digest(token)).await? else { return Ok(None) };
    if !login.is_valid(now) {
        return Ok(None);
    }
    let Some(account) = accounts::find(&mut tx, login.account_id).await? else { return Ok(None) };
    drop(tx);
    if account.disabled {
        return Ok(None);
    }
    if now.millis_since(login.last_seen_at) >= NOTED_EVERY_MS {
        note(app, &account, &login, now).await?;
    }
    Ok(Some((account, login)))
}

/// Notes activity. A database that cannot write now must not lock out one whose login is good.
async fn note(app: &App, account: &Account, login: &Login, now: Moment) -> Result<(), Refusal> {
    let noted = async {
        let mut tx = app.store.write().await?;
        logins::touch(&mut tx, login.id, now, now.plus_millis(idle_ms(app, account))).await?;
        tx.commit().await
    };
    match noted.await {
        Err(error) if error.is_temporary() => {
            tracing::warn!("a login's activity could not be noted: {error}");
            Ok(())
        }
        other => Ok(other?),
    }
}

fn idle_ms(app: &App, account: &Account) -> i64 {
    let administrator = account.grants.iter().any(|grant| grant.role == Role::Administrator);
    let rule = if administrator { "login.idle_minutes_administrator" } else { "login.idle_minutes" };
    app.rule(rule) * MINUTE_MS
}

/// Ends one login.
pub async fn sign_out(app: &App, actor: &Actor, login: &Login) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.write().await?;
    logins::delete(&mut tx, login.id).await?;
    Record::new(actor, now, "account.sign_out").on(login.account_id).write(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Changes one's own password; all other logins of the account end.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    login: &Login,
    current: &str,
    new: String,
) -> Result<(), Refusal> {
    let mut tx = app.store.read().await?;
    let stored = accounts::password_hash(&mut tx, login.account_id).await?;
    drop(tx);
    if !app.passwords.check(stored.as_deref(), current).await? {
        return Err(Refusal::field("current", FieldCode::WrongPassword));
    }
    if let Some(fault) = app.passwords.fault(&new) {
        return Err(Refusal::field("new", fault));
    }
    let hash = app.passwords.hash(new).await?;
    let now = app.now();
    let mut tx = app.store.write().await?;
    accounts::set_password(&mut tx, login.account_id, &hash).await?;
    logins::delete_of(&mut tx, login.account_id, Some(login.id)).await?;
    Record::new(actor, now, "account.change_password").on(login.account_id).write(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Where the actor may see sessions.
pub async fn sees(app: &App, actor: &Actor) -> Result<Domain, Refusal> {
    actor.domain(&mut app.store.read().await?, Permission::SessionRead).await
}

/// Whether a login that holds an open stream is still good. Watching a live session is activity, so that nobody is
/// signed out in the middle of it; any other open page is not. A database that is away ends no stream.
pub async fn still_good(app: &App, token: &str, watching: Option<SessionId>) -> bool {
    let good = async {
        let now = app.now();
        let mut tx = app.store.read().await?;
        let Some(login) = logins::find(&mut tx, &secret::digest(token)).await? else { return Ok(false) };
        if !login.is_valid(now) {
            return Ok(false);
        }
        let Some(session) = watching else { return Ok(true) };
        let live = sessions::find(&mut tx, session).await?.is_some_and(|one| one.state == SessionState::Live);
        drop(tx);
        Ok(!live || recognise(app, token).await?.is_some())
    };
    good.await.unwrap_or_else(|refusal: Refusal| {
        tracing::warn!("a login could not be looked at: {refusal}");
        true
    })
}
