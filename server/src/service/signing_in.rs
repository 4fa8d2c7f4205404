//! Signing in, staying signed in, signing out.

use schema::{
    account::{Account, Barred, LockRule, Login, username_key},
    field::FieldCode,
    id::SessionId,
    moment::Moment,
    role::{Permission, Role},
    session::SessionState,
    store::{Tx, accounts, logins, sessions},
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
    let mut tx = app.store.write().await?;
    // Read again, and held: of guesses that are made at once only as many count as may be made one after the other.
    let account = accounts::lock(&mut tx, account.id).await?.ok_or(Refusal::WrongCredentials)?;
    match account.barred(now) {
        Some(Barred::LockedUntil(until)) => Err(locked(until, now)),
        None if right => admit(app, tx, account, now).await,
        None | Some(Barred::Disabled) => {
            let until = fail(app, tx, &account, "account.sign_in_failed", now).await?;
            Err(until.map_or(Refusal::WrongCredentials, |until| locked(until, now)))
        }
    }
}

async fn admit(
    app: &App,
    mut tx: Tx,
    account: Account,
    now: Moment,
) -> Result<(String, Account, Login), Refusal> {
    let token = secret::fresh()?;
    let hash = secret::digest(&token);
    let longest = app.rule("login.longest_minutes") * MINUTE_MS;
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

/// Counts a wrong password of an account that is locked by the transaction; until when that shuts it, if it does.
async fn fail(
    app: &App,
    mut tx: Tx,
    account: &Account,
    action: &str,
    now: Moment,
) -> Result<Option<Moment>, Refusal> {
    let (failed, until) = account.after_failure(lock_rule(app), now);
    accounts::note_failure(&mut tx, account.id, failed, until).await?;
    let action = if until.is_some() { "account.lock" } else { action };
    Record::new(&Actor::of(account), now, action)
        .on(account.id)
        .with(json!({ "failed_attempts": failed }))
        .write(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(until)
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

/// Changes one's own password; all other logins of the account end. A wrong present password counts like one at the
/// door, and locks: whoever finds a browser open must not be able to try them all.
pub async fn change_password(
    app: &App,
    actor: &Actor,
    login: &Login,
    current: &str,
    new: String,
) -> Result<(), Refusal> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    let stored = accounts::password_hash(&mut tx, login.account_id).await?;
    drop(tx);
    let right = app.passwords.check(stored.as_deref(), current).await?;
    weigh_current(app, login, right, now).await?;
    if let Some(fault) = app.passwords.fault(&new) {
        return Err(Refusal::field("new", fault));
    }
    let hash = app.passwords.hash(new).await?;
    let mut tx = app.store.write().await?;
    accounts::set_password(&mut tx, login.account_id, &hash).await?;
    logins::delete_of(&mut tx, login.account_id, Some(login.id)).await?;
    Record::new(actor, now, "account.change_password").on(login.account_id).write(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Refuses while the account is locked, or when the present password was wrong, which counts.
async fn weigh_current(app: &App, login: &Login, right: bool, now: Moment) -> Result<(), Refusal> {
    let mut tx = app.store.write().await?;
    let account = accounts::lock(&mut tx, login.account_id).await?.ok_or(Refusal::NotFound)?;
    if let Some(Barred::LockedUntil(until)) = account.barred(now) {
        return Err(locked(until, now));
    }
    if right {
        return Ok(());
    }
    let until = fail(app, tx, &account, "account.wrong_password", now).await?;
    let wrong = || Refusal::field("current", FieldCode::WrongPassword);
    Err(until.map_or_else(wrong, |until| locked(until, now)))
}

/// Of which sessions the actor hears: where it may read them, and where it may book them.
pub async fn hears(app: &App, actor: &Actor) -> Result<(Domain, Domain), Refusal> {
    let mut tx = app.store.read().await?;
    let reads = actor.domain(&mut tx, Permission::SessionRead).await?;
    Ok((reads, actor.domain(&mut tx, Permission::SessionBook).await?))
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
