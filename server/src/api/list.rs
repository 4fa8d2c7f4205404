//! Lists: pages of rows, and how to go on.

use schema::paging::{self, Paging};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{ApiError, Code};
use crate::config::HttpSettings;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Listing<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give it back as `cursor` for the rows after these; `null` at the end.
    #[schema(required)]
    pub next: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Most rows wanted, up to 200.
    pub limit: Option<u32>,
}

impl PageQuery {
    /// The page to read: as many rows as were asked for, within the ceiling.
    pub fn paging(&self, settings: &HttpSettings) -> Result<Paging, ApiError> {
        let after = self
            .cursor
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| ApiError::from(Code::Malformed))?;
        let limit = self.limit.unwrap_or(settings.page_rows).clamp(1, settings.page_rows_max);
        Ok(Paging { limit, after })
    }
}

impl<T> Listing<T> {
    /// A page of rows in the form in which they are shown.
    pub fn of<R>(page: paging::Page<R>, show: impl FnMut(R) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(show).collect(),
            next: page.next.map(|place| place.to_string()),
        }
    }
}
