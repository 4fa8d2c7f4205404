//! `giaoban demo`: the sample province of 2013 with a year and a half of sessions behind it and one that is live.
//!
//! Everything is made by the use cases that people go through, on a clock whose hands are turned from one event to the
//! next; no row is written past them. All of it is marked as sample data. What is rolled with dice comes out the same
//! on every machine, but for the passwords.

mod attending;
mod clock;
mod current;
mod dice;
mod history;
mod logins;
mod names;
mod people;
mod plan;
mod subjects;

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use schema::{
    day::Day,
    moment::{Clock as _, Moment},
    paging::Paging,
    settings::Setting,
    store::{self, Store},
};

use self::{clock::TurnedClock, logins::Login, people::Province};
use crate::{app::App, clock::SystemClock, config::Settings, rooms::FakeRooms, service::whoami, serving};

pub use logins::FILE_NAME as LOGINS_FILE;

/// Fills an empty data folder with the sample province, sees to it that a session is live, and says how to sign in. A
/// folder with anything else in it is left alone.
pub async fn prepare(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let now = rounded_down(SystemClock.now());
    let store = serving::open_store(settings).await?;
    let file = settings.data.join(LOGINS_FILE);
    if is_empty(&store).await? {
        tracing::info!("the data folder is empty: making the sample province; this takes some seconds");
        fill(settings, &store, &file, now).await.context("cannot make the sample province")?;
    }
    let app = app(settings, &store, Arc::new(TurnedClock::at(now))).await?;
    anyhow::ensure!(
        app.rule(whoami::SAMPLE_DATA) == 1,
        "this database holds a real province, or a sample that was not finished: use `giaoban serve`, or another folder"
    );
    current::see_to_it(&app).await.context("cannot begin the sample session")?;
    let logins = logins::read(&file)?;
    store.close().await;
    Ok(logins)
}

async fn is_empty(store: &Store) -> anyhow::Result<bool> {
    let mut tx = store.read().await?;
    let units = store::units::list(&mut tx, &store::units::UnitFilter::default(), &Paging::first(1)).await?;
    Ok(units.items.is_empty() && store::accounts::count(&mut tx).await? == 0)
}

/// To five minutes: nobody plans a session for eleven seconds past.
fn rounded_down(now: Moment) -> Moment {
    Moment::from_millis(now.as_millis() - now.as_millis().rem_euclid(5 * 60_000))
}

async fn app(settings: &Settings, store: &Store, clock: Arc<TurnedClock>) -> anyhow::Result<Arc<App>> {
    Ok(App::new(settings.clone(), store.clone(), Arc::new(FakeRooms::default()), clock).await?)
}

async fn fill(settings: &Settings, store: &Store, file: &Path, now: Moment) -> anyhow::Result<()> {
    set(store, &COSTS).await?;
    let clock = Arc::new(TurnedClock::at(history::begins(now)));
    let app = app(settings, store, Arc::clone(&clock)).await?;
    let province = Province::make(&app).await?;
    let logins: Vec<Login> = logins::make(&app, &province).await?;
    logins::write(file, &logins)?;
    history::relive(&app, &clock, &province, now).await?;
    // Said last: a sample that was cut short is not taken for a whole one.
    set(store, &[(whoami::SAMPLE_DATA, 1, "Dữ liệu mẫu của lệnh giaoban demo")]).await
}

/// What the line and the technician of an endpoint cost for a session, so that what meeting online costs is seen beside
/// what it saves.
const COSTS: [(&str, i64, &str); 2] = [
    (
        "cost.line_dong_per_endpoint",
        120_000,
        "Số liệu mẫu, ước tính: đường truyền cho một điểm cầu, một phiên",
    ),
    (
        "cost.technician_dong_per_endpoint",
        150_000,
        "Số liệu mẫu, ước tính: cán bộ kỹ thuật tại một điểm cầu, một phiên",
    ),
];

async fn set(store: &Store, numbers: &[(&str, i64, &str)]) -> anyhow::Result<()> {
    let since = Day::of(2013, 1, 1).context("the first day of 2013")?;
    let mut tx = store.write().await?;
    for (name, value, legal_basis) in numbers {
        let number = Setting {
            name: (*name).into(),
            effective_from: since,
            value: *value,
            legal_basis: (*legal_basis).into(),
            confirmed: false,
        };
        store::settings::update(&mut tx, &number).await?;
    }
    Ok(tx.commit().await?)
}
