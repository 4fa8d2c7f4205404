//! Who acts. Every use case is told; the scope of a permission is checked here and nowhere else.

use schema::{
    account::Account,
    id::{AccountId, EndpointId, UnitId},
    role::{self, Grant, Permission, Reach, Role},
    store::{Tx, units},
};

use crate::service::Refusal;

/// An account at work, or the system itself.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Which account; `None` is the system.
    pub account_id: Option<AccountId>,
    /// How it is named in the audit log.
    pub name: String,
    /// The unit it works for.
    pub unit_id: Option<UnitId>,
    /// The endpoint that it joins as.
    pub endpoint_id: Option<EndpointId>,
    grants: Vec<Grant>,
}

impl Actor {
    /// The program itself: jobs and commands of the machine's owner. It may do everything.
    pub fn system() -> Self {
        let grants = Role::ALL.iter().map(|&role| Grant { role, unit_id: None }).collect();
        Self { account_id: None, name: "giaoban".into(), unit_id: None, endpoint_id: None, grants }
    }

    /// Someone who has signed in.
    pub fn of(account: &Account) -> Self {
        Self {
            account_id: Some(account.id),
            name: account.username.clone(),
            unit_id: account.unit_id,
            endpoint_id: account.endpoint_id,
            grants: account.grants.clone(),
        }
    }

    /// What the account holds, role by role.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether the permission is held anywhere at all.
    pub fn holds(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| grant.role.may(permission))
    }

    /// Where the permission is held.
    pub fn reach(&self, permission: Permission) -> Reach {
        role::reach(&self.grants, permission)
    }

    /// Refuses unless the permission is held for this unit, or for the whole province when there is no unit.
    pub async fn require(
        &self,
        tx: &mut Tx,
        permission: Permission,
        unit: Option<UnitId>,
    ) -> Result<(), Refusal> {
        if self.reaches(tx, permission, unit).await? { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Whether the permission is held for this unit.
    pub async fn reaches(
        &self,
        tx: &mut Tx,
        permission: Permission,
        unit: Option<UnitId>,
    ) -> Result<bool, Refusal> {
        if !self.holds(permission) {
            return Ok(false);
        }
        if self.reach(permission) == Reach::Everywhere {
            return Ok(true);
        }
        let Some(unit) = unit else { return Ok(false) };
        let lineage = units::lineage(tx, unit).await?;
        Ok(role::allows(&self.grants, permission, &lineage))
    }
}
