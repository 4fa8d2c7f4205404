//! Extractors: a handler says in its arguments which permission it needs, and cannot be called without.

use std::{marker::PhantomData, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use schema::{
    account::{Account, Login},
    role::Permission,
};

use super::{actor::Actor, cookie};
use crate::{
    api::problem::{ApiError, Code},
    app::App,
    service::signing_in,
};

/// Someone who has signed in, whatever they may do.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who acts.
    pub actor: Actor,
    /// The account.
    pub account: Account,
    /// The login in this browser.
    pub login: Login,
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = cookie::token(&parts.headers).ok_or(Code::NotSignedIn)?;
        let (account, login) = signing_in::recognise(app, &token).await?.ok_or(Code::NotSignedIn)?;
        Ok(Self { actor: Actor::of(&account), account, login })
    }
}

/// A permission as a type.
pub trait Needs: Send + Sync {
    /// Which one.
    const PERMISSION: Permission;
}

/// Someone who holds the permission `P` somewhere. Where exactly is for the use case to check.
#[derive(Debug, Clone)]
pub struct May<P> {
    /// Who.
    pub actor: Actor,
    /// The account behind it.
    pub account: Account,
    needs: PhantomData<P>,
}

impl<P: Needs> FromRequestParts<Arc<App>> for May<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Signed { actor, account, .. } = Signed::from_request_parts(parts, app).await?;
        if !actor.holds(P::PERMISSION) {
            return Err(Code::Forbidden.into());
        }
        Ok(Self { actor, account, needs: PhantomData })
    }
}

macro_rules! needs {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("[`Permission::", stringify!($name), "`] as a type.")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl Needs for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

needs! {
    SessionRead, SessionBook, SessionRun, RollcallTake, RoomJoin, ReportRead, DirectoryRead, DirectoryWrite,
    AccountWrite, AuditRead, SystemRead,
}
