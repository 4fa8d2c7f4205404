//! Who acts. Every use case is told; the scope of a permission is checked here and nowhere else.

use std::collections::HashSet;

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
    /// How it is shown in a room.
    pub display_name: String,
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
        Self {
            account_id: None,
            name: "giaoban".into(),
            display_name: "giaoban".into(),
            unit_id: None,
            endpoint_id: None,
            grants,
        }
    }

    /// Someone who has signed in.
    pub fn of(account: &Account) -> Self {
        Self {
            account_id: Some(account.id),
            name: account.username.clone(),
            display_name: account.display_name.clone(),
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

    /// Whether the permission is held for the whole province; asks no table.
    pub fn holds_everywhere(&self, permission: Permission) -> bool {
        self.reach(permission) == Reach::Everywhere
    }

    /// Where the permission is held, as the units granted.
    pub fn reach(&self, permission: Permission) -> Reach {
        role::reach(&self.grants, permission)
    }

    /// Where the permission is held: the units granted and all below them.
    pub async fn domain(&self, tx: &mut Tx, permission: Permission) -> Result<Domain, Refusal> {
        let roots = match self.reach(permission) {
            Reach::Everywhere => return Ok(Domain::Everywhere),
            Reach::Under(roots) => roots,
        };
        let mut held = HashSet::new();
        for root in roots {
            held.extend(units::below(tx, root).await?);
        }
        Ok(Domain::Units(held))
    }

    /// Refuses unless the permission is held for this unit, or for the whole province when there is no unit.
    pub async fn require(
        &self,
        tx: &mut Tx,
        permission: Permission,
        unit: Option<UnitId>,
    ) -> Result<(), Refusal> {
        if self.domain(tx, permission).await?.has(unit) { Ok(()) } else { Err(Refusal::Forbidden) }
    }
}

/// The units in which something may be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// The whole province, and what belongs to no unit.
    Everywhere,
    /// These and no others.
    Units(HashSet<UnitId>),
}

impl Domain {
    /// Whether the unit lies within; without a unit, only the whole province will do.
    pub fn has(&self, unit: Option<UnitId>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Units(held) => unit.is_some_and(|unit| held.contains(&unit)),
        }
    }

    /// Whether any of the units lies within.
    pub fn has_any(&self, units: impl IntoIterator<Item = UnitId>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Units(held) => units.into_iter().any(|unit| held.contains(&unit)),
        }
    }
}
