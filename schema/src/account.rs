//! Who may sign in, and where they are signed in now.

use crate::field::{FieldCode, FieldError, Fields};
use crate::id::{AccountId, EndpointId, LoginId, UnitId};
use crate::moment::Moment;
use crate::role::Grant;
use crate::text;

/// Someone, or some device of an endpoint, who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Identity.
    pub id: AccountId,
    /// What is typed to sign in: lower-case ASCII.
    pub username: String,
    /// How the account is named to others.
    pub display_name: String,
    /// The unit it works for.
    pub unit_id: Option<UnitId>,
    /// The endpoint it joins as, for the account of an endpoint's technician.
    pub endpoint_id: Option<EndpointId>,
    /// Roles × units.
    pub grants: Vec<Grant>,
    /// Wrong passwords since the last right one.
    pub failed_attempts: i64,
    /// No sign-in before this instant.
    pub locked_until: Option<Moment>,
    /// No sign-in at all.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: Moment,
    /// The last sign-in.
    pub last_login_at: Option<Moment>,
    /// Rises with every edit.
    pub version: i64,
}

/// An account to create. The password has been hashed already (argon2id, PHC text).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What is typed to sign in.
    pub username: String,
    /// How the account is named to others.
    pub display_name: String,
    /// The PHC text of the password.
    pub password_hash: String,
    /// The unit it works for.
    pub unit_id: Option<UnitId>,
    /// The endpoint it joins as.
    pub endpoint_id: Option<EndpointId>,
    /// Roles × units.
    pub grants: Vec<Grant>,
}

/// What can be edited of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountChange {
    /// How the account is named to others.
    pub display_name: String,
    /// The unit it works for.
    pub unit_id: Option<UnitId>,
    /// The endpoint it joins as.
    pub endpoint_id: Option<EndpointId>,
    /// Roles × units.
    pub grants: Vec<Grant>,
    /// No sign-in at all.
    pub disabled: bool,
}

impl NewAccount {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        check_username(&mut fields, &self.username);
        check_account(&mut fields, &self.display_name, &self.grants);
        fields.verdict()
    }
}

impl AccountChange {
    /// What is wrong with it.
    pub fn verdict(&self) -> Result<(), Vec<FieldError>> {
        let mut fields = Fields::new();
        check_account(&mut fields, &self.display_name, &self.grants);
        fields.verdict()
    }
}

/// A username as it is stored and looked up.
pub fn username_key(username: &str) -> String {
    text::clean(username).to_lowercase()
}

fn check_username(fields: &mut Fields, username: &str) {
    let key = username_key(username);
    fields.line("username", &key, 64);
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_' | '@');
    fields.require(key.chars().all(allowed), "username", FieldCode::BadFormat);
}

fn check_account(fields: &mut Fields, display_name: &str, grants: &[Grant]) {
    fields.line("display_name", display_name, 200);
    let repeated = grants.iter().enumerate().any(|(at, grant)| grants[..at].contains(grant));
    fields.require(!repeated, "grants", FieldCode::Duplicate);
}

/// Why a sign-in is refused before the password is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// Too many wrong passwords; not before this instant.
    LockedUntil(Moment),
    /// The account is switched off.
    Disabled,
}

/// When wrong passwords lock an account, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockRule {
    /// Wrong passwords in a row that lock the account.
    pub attempts: i64,
    /// How long it stays locked.
    pub lock_ms: i64,
}

impl Account {
    /// May a sign-in be tried now?
    pub fn barred(&self, now: Moment) -> Option<Barred> {
        match self.locked_until {
            _ if self.disabled => Some(Barred::Disabled),
            Some(until) if now < until => Some(Barred::LockedUntil(until)),
            _ => None,
        }
    }

    /// The failures counted and the lock set after one more wrong password.
    pub fn after_failure(&self, rule: LockRule, now: Moment) -> (i64, Option<Moment>) {
        let failed = self.failed_attempts.saturating_add(1);
        (failed, (failed >= rule.attempts).then(|| now.plus_millis(rule.lock_ms)))
    }
}

/// One signing-in of an account in one browser. The token itself is known to the browser only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Login {
    /// Identity.
    pub id: LoginId,
    /// Who signed in.
    pub account_id: AccountId,
    /// What a changing request must carry.
    pub csrf_token: String,
    /// When.
    pub created_at: Moment,
    /// The last request.
    pub last_seen_at: Moment,
    /// It ends here unless a request comes before.
    pub idle_expires_at: Moment,
    /// It ends here in any case.
    pub expires_at: Moment,
}

impl Login {
    /// Is it still good?
    pub fn is_valid(&self, now: Moment) -> bool {
        now < self.idle_expires_at && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;

    fn account() -> NewAccount {
        NewAccount {
            username: "thu.ky".into(),
            display_name: "Thư ký".into(),
            password_hash: "$argon2id$".into(),
            unit_id: None,
            endpoint_id: None,
            grants: vec![Grant { role: Role::Secretary, unit_id: None }],
        }
    }

    #[test]
    fn a_username_is_lower_case_ascii() {
        assert_eq!(account().verdict(), Ok(()));
        let spaced = NewAccount { username: "thư ký".into(), ..account() };
        let refused = spaced.verdict().unwrap_err();
        assert_eq!(refused, [FieldError { field: "username".into(), code: FieldCode::BadFormat }]);
        assert_eq!(username_key(" Thu.Ky "), "thu.ky");
    }

    #[test]
    fn the_same_grant_twice_is_refused() {
        let grant = account().grants[0];
        let twice = NewAccount { grants: vec![grant, grant], ..account() };
        assert_eq!(twice.verdict().unwrap_err()[0].code, FieldCode::Duplicate);
    }
}
