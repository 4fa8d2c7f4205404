//! Typed identifiers. All are version 7 UUIDs: they sort by time of birth, which keeps both databases' indexes dense.

use crate::moment::Moment;

/// Declares an identifier that cannot be mistaken for another kind.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
                 utoipa::ToSchema)]
        #[cfg_attr(feature = "store", derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new identifier, born at `now`.
            pub fn new(now: Moment) -> Self {
                Self(fresh(now))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// Cơ quan, đơn vị.
    UnitId,
    /// Điểm cầu.
    EndpointId,
    /// Phòng họp.
    RoomId,
    /// A person of the directory.
    PersonId,
    /// Who may sign in.
    AccountId,
    /// One signing-in of an account in one browser.
    LoginId,
    /// Phiên giao ban.
    SessionId,
    /// One line of a session's frozen roster: one endpoint invited to it.
    RosterId,
    /// Đại biểu: a person named at an endpoint of a session.
    DelegateId,
    /// One stretch of time during which an endpoint was connected.
    IntervalId,
    /// Định mức.
    NormId,
    /// One line of the savings ledger.
    LedgerId,
    /// One line of the audit log.
    AuditId,
    /// One effect that still has to leave the house.
    OutboxId,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where ids get their random part; their time is told"
)]
fn fresh(now: Moment) -> uuid::Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    let noise = uuid::Uuid::new_v4().into_bytes();
    let mut random = [0_u8; 10];
    random.copy_from_slice(&noise[..10]);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
