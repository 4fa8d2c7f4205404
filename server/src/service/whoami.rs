//! Where somebody stands: the unit, the endpoint, the province.

use schema::{
    account::Account,
    endpoint::EndpointRef,
    org::{Unit, UnitKind, UnitRef},
    paging::Paging,
    store::{Tx, endpoints, units},
};

use super::Refusal;
use crate::app::App;

/// Name of the rule whose number is 1 where everything is sample data.
pub const SAMPLE_DATA: &str = "sample_data";

/// Where an account stands.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The unit worked for.
    pub unit: Option<UnitRef>,
    /// The endpoint joined as.
    pub endpoint: Option<EndpointRef>,
    /// `Tỉnh Điện Biên`; empty until there is a province.
    pub province: String,
    /// `UBND tỉnh Điện Biên`.
    pub host: String,
    /// Everything here is sample data.
    pub sample: bool,
}

/// Where this account stands.
pub async fn place(app: &App, account: &Account) -> Result<Place, Refusal> {
    let mut tx = app.store.read().await?;
    let (unit, endpoint) = stands(&mut tx, account).await?;
    let province = province(&mut tx).await?;
    Ok(Place {
        unit,
        endpoint,
        host: province.as_ref().map(|unit| unit.name.clone()).unwrap_or_default(),
        province: province.map(|unit| unit.short_name).unwrap_or_default(),
        sample: app.rule(SAMPLE_DATA) == 1,
    })
}

/// The unit and the endpoint of an account.
pub(super) async fn stands(
    tx: &mut Tx,
    account: &Account,
) -> Result<(Option<UnitRef>, Option<EndpointRef>), Refusal> {
    let unit = match account.unit_id {
        Some(id) => units::find(tx, id).await?.map(|unit| UnitRef { id: unit.id, name: unit.name }),
        None => None,
    };
    let endpoint = match account.endpoint_id {
        Some(id) => endpoints::find(tx, id).await?.map(|endpoint| EndpointRef {
            id: endpoint.id,
            name: endpoint.name,
            unit_id: endpoint.unit.id,
            unit_name: endpoint.unit.name,
        }),
        None => None,
    };
    Ok((unit, endpoint))
}

/// The unit at the top.
async fn province(tx: &mut Tx) -> Result<Option<Unit>, Refusal> {
    let mut paging = Paging::default();
    loop {
        let page = units::list(tx, &units::UnitFilter::default(), &paging).await?;
        if let Some(found) = page.items.into_iter().find(|unit| unit.kind == UnitKind::Province) {
            return Ok(Some(found));
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(None),
        }
    }
}
