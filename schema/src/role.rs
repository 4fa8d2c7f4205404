//! Who may do what, where: a table of roles, and one rule of scope.

use crate::id::UnitId;

crate::words::words! {
    /// What a person does for the briefings. Names shown to people are data; these are the shapes behind them.
    pub enum Role {
        /// Quản trị: accounts, settings, audit.
        Administrator = "administrator",
        /// Thư ký: books, invites, takes the roll.
        Secretary = "secretary",
        /// Chánh Văn phòng: approves, and overrides a warning with a reason.
        ChiefOfOffice = "chief_of_office",
        /// Người vận hành: runs the central system during a session.
        Operator = "operator",
        /// Cán bộ kỹ thuật: sits at an endpoint, joins as it, and takes its roll.
        Technician = "technician",
        /// Lãnh đạo: reads.
        Leader = "leader",
    }
}

crate::words::words! {
    /// One thing that may be allowed.
    pub enum Permission {
        /// See sessions and their attendance.
        SessionRead = "session.read",
        /// Book, edit, postpone, cancel.
        SessionBook = "session.book",
        /// Go past a warning, with a reason.
        SessionOverride = "session.override",
        /// Start, extend, end.
        SessionRun = "session.run",
        /// Mark who is present.
        RollcallTake = "rollcall.take",
        /// Enter the room.
        RoomJoin = "room.join",
        /// See reports and the ledger.
        ReportRead = "report.read",
        /// See units, endpoints, rooms, people.
        DirectoryRead = "directory.read",
        /// Change units, endpoints, rooms, people.
        DirectoryWrite = "directory.write",
        /// Create and change accounts.
        AccountWrite = "account.write",
        /// Read the audit log.
        AuditRead = "audit.read",
        /// See the state of the system.
        SystemRead = "system.read",
    }
}

impl Role {
    /// The table of permissions.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission as P;
        match self {
            Self::Administrator => &[
                P::SessionRead,
                P::ReportRead,
                P::DirectoryRead,
                P::DirectoryWrite,
                P::AccountWrite,
                P::AuditRead,
                P::SystemRead,
            ],
            Self::Secretary => &[
                P::SessionRead,
                P::SessionBook,
                P::SessionRun,
                P::RollcallTake,
                P::RoomJoin,
                P::ReportRead,
                P::DirectoryRead,
                P::DirectoryWrite,
            ],
            Self::ChiefOfOffice => &[
                P::SessionRead,
                P::SessionBook,
                P::SessionOverride,
                P::SessionRun,
                P::RollcallTake,
                P::RoomJoin,
                P::ReportRead,
                P::DirectoryRead,
                P::AuditRead,
            ],
            Self::Operator => &[
                P::SessionRead,
                P::SessionRun,
                P::RollcallTake,
                P::RoomJoin,
                P::ReportRead,
                P::DirectoryRead,
                P::SystemRead,
            ],
            Self::Technician => &[P::SessionRead, P::RollcallTake, P::RoomJoin, P::DirectoryRead],
            Self::Leader => &[P::SessionRead, P::ReportRead, P::DirectoryRead],
        }
    }

    /// Does the role carry this permission?
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

/// A role held by an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "store", derive(sqlx::FromRow))]
pub struct Grant {
    /// What the account does.
    pub role: Role,
    /// Where: this unit and all below it; `None` is the whole province.
    pub unit_id: Option<UnitId>,
}

/// How far a permission reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The whole province.
    Everywhere,
    /// These units and all below them; none when the permission is not held at all.
    Under(Vec<UnitId>),
}

/// All permissions that the grants carry somewhere, each once, in the order of [`Permission::ALL`].
pub fn permissions(grants: &[Grant]) -> Vec<Permission> {
    let held = |permission: &Permission| grants.iter().any(|grant| grant.role.may(*permission));
    Permission::ALL.iter().copied().filter(held).collect()
}

/// The rule of scope: may the holder of `grants` do this to a thing of the unit whose `lineage` is given, the unit
/// itself first and then its parents up to the province? An empty lineage means a thing that belongs to no unit,
/// which takes a grant for the whole province.
pub fn allows(grants: &[Grant], permission: Permission, lineage: &[UnitId]) -> bool {
    grants.iter().any(|grant| {
        grant.role.may(permission) && grant.unit_id.is_none_or(|granted| lineage.contains(&granted))
    })
}

/// Where the holder of `grants` may do this.
pub fn reach(grants: &[Grant], permission: Permission) -> Reach {
    let mut roots = Vec::new();
    for grant in grants.iter().filter(|grant| grant.role.may(permission)) {
        match grant.unit_id {
            None => return Reach::Everywhere,
            Some(unit) if !roots.contains(&unit) => roots.push(unit),
            Some(_) => {}
        }
    }
    Reach::Under(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;

    fn unit() -> UnitId {
        UnitId::new(Moment::from_millis(1))
    }

    #[test]
    fn a_grant_reaches_its_unit_and_those_below_but_not_its_neighbours() {
        let (province, district, neighbour) = (unit(), unit(), unit());
        let grants = [Grant { role: Role::Technician, unit_id: Some(district) }];
        assert!(allows(&grants, Permission::RoomJoin, &[district, province]));
        assert!(!allows(&grants, Permission::RoomJoin, &[neighbour, province]));
        assert!(!allows(&grants, Permission::RoomJoin, &[province]));
        assert!(!allows(&grants, Permission::RoomJoin, &[]));
    }

    #[test]
    fn a_role_without_the_permission_allows_nothing_anywhere() {
        let grants = [Grant { role: Role::Leader, unit_id: None }];
        assert!(allows(&grants, Permission::ReportRead, &[]));
        assert!(!allows(&grants, Permission::SessionBook, &[]));
        assert_eq!(reach(&grants, Permission::SessionBook), Reach::Under(vec![]));
    }

    #[test]
    fn a_province_wide_grant_outweighs_narrow_ones() {
        let district = unit();
        let narrow = Grant { role: Role::Secretary, unit_id: Some(district) };
        let wide = Grant { role: Role::Leader, unit_id: None };
        assert_eq!(reach(&[narrow, wide], Permission::ReportRead), Reach::Everywhere);
        assert_eq!(reach(&[narrow, narrow], Permission::SessionBook), Reach::Under(vec![district]));
    }

    #[test]
    fn only_the_chief_of_office_goes_past_a_warning() {
        let holders: Vec<_> = Role::ALL.iter().filter(|role| role.may(Permission::SessionOverride)).collect();
        assert_eq!(holders, [&Role::ChiefOfOffice]);
    }
}
