//! The province: units, endpoints, rooms, and the people who work there.
//!
//! The district level of 2013 was abolished on 30/6/2025. In the sample it lives on without an end, so that a session
//! with its ten endpoints can be live today (`docs/adr/0005-sample-province.md`).

use anyhow::Context as _;
use schema::{
    endpoint::{Endpoint, EndpointRole, NewEndpoint, Zone},
    facts,
    id::{EndpointId, PersonId, RoomId, UnitId},
    org::{NewUnit, Unit, UnitKind},
    person::{NewPerson, Person},
    room::{NewRoom, Room},
    sample::{SampleProvince, SampleUnit},
    text,
};

use super::{dice::Dice, names};
use crate::{app::App, auth::actor::Actor, service::directory};

const DISTRICT_TITLES: [&str; 7] = [
    "Chủ tịch UBND",
    "Phó Chủ tịch UBND",
    "Chánh Văn phòng HĐND và UBND",
    "Trưởng phòng Tài chính - Kế hoạch",
    "Trưởng phòng Nông nghiệp và Môi trường",
    "Trưởng phòng Văn hóa và Thông tin",
    "Chuyên viên Văn phòng",
];
const PROVINCE_TITLES: [&str; 9] = [
    "Chủ tịch UBND tỉnh",
    "Phó Chủ tịch UBND tỉnh",
    "Chánh Văn phòng UBND tỉnh",
    "Phó Chánh Văn phòng UBND tỉnh",
    "Giám đốc Sở Tài chính",
    "Giám đốc Sở Nông nghiệp và Môi trường",
    "Giám đốc Sở Khoa học và Công nghệ",
    "Giám đốc Sở Nội vụ",
    "Chuyên viên Văn phòng UBND tỉnh",
];

/// Where a title stands in its office, the head first.
pub fn rank(title: &str) -> usize {
    let titles = DISTRICT_TITLES.iter().chain(&PROVINCE_TITLES);
    titles.clone().position(|known| title.starts_with(known)).unwrap_or(titles.count())
}

/// One place with its people.
pub struct Place {
    /// `Mường Nhé`.
    pub short_name: String,
    /// `muongnhe`: what its account signs in with.
    pub key: String,
    /// The unit.
    pub unit: UnitId,
    /// Its endpoint.
    pub endpoint: EndpointId,
    /// Its people, the head first.
    pub people: Vec<Person>,
}

/// The sample province.
pub struct Province {
    /// Where the chair sits.
    pub host: Place,
    /// The districts.
    pub districts: Vec<Place>,
    /// The hall of the host.
    pub hall: RoomId,
}

impl Province {
    /// Makes it in an empty directory.
    pub async fn make(app: &App) -> anyhow::Result<Self> {
        let sample = facts::sample_of_2013();
        anyhow::ensure!(!sample.units.is_empty(), "the sample directory is empty");
        let mut dice = Dice::of(2013);
        let root =
            unit(app, &sample, sample.province.host.clone(), "Điện Biên".into(), UnitKind::Province, None)
                .await?;
        let hall_name = "Phòng họp trực tuyến UBND tỉnh";
        let host_endpoint = NewEndpoint {
            name: "UBND tỉnh".into(),
            role: EndpointRole::Host,
            seats: 60,
            ..member(&sample, root, 0, 0)
        };
        let endpoint = directory::create::<Endpoint>(app, &Actor::system(), host_endpoint).await?.id;
        let hall = room(app, hall_name, root, endpoint, 60).await?;
        let host = Place {
            short_name: "UBND tỉnh".into(),
            key: "ubndtinh".into(),
            unit: root,
            endpoint,
            people: staff(app, root, &PROVINCE_TITLES, "", true, &mut dice).await?,
        };
        let mut districts = Vec::with_capacity(sample.units.len());
        for district in &sample.units {
            districts.push(self::district(app, &sample, district, root, &mut dice).await?);
        }
        Ok(Self { host, districts, hall })
    }

    /// The person who leads most sessions.
    pub fn chair(&self) -> Option<PersonId> {
        self.host.people.first().map(|person| person.id)
    }

    /// The host, then the districts.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.host).chain(&self.districts)
    }
}

async fn district(
    app: &App,
    sample: &SampleProvince,
    district: &SampleUnit,
    root: UnitId,
    dice: &mut Dice,
) -> anyhow::Result<Place> {
    let kinds = ["UBND thành phố ", "UBND thị xã ", "UBND huyện "];
    let short_name = kinds.iter().find_map(|kind| district.name.strip_prefix(kind)).unwrap_or(&district.name);
    let id = unit(app, sample, district.name.clone(), short_name.into(), district.kind, Some(root)).await?;
    let metres = district.km.context("the sample gives the distance")? * 1000;
    let one_way_minutes = district.one_way_minutes.context("the sample gives the time")?;
    let new = NewEndpoint { name: short_name.into(), ..member(sample, id, metres, one_way_minutes) };
    let endpoint = directory::create::<Endpoint>(app, &Actor::system(), new).await?.id;
    room(app, &format!("Phòng họp trực tuyến {short_name}"), id, endpoint, 30).await?;
    let suffix = district.name.trim_start_matches("UBND ");
    Ok(Place {
        short_name: short_name.into(),
        key: text::search_key(short_name).replace(' ', ""),
        unit: id,
        endpoint,
        people: staff(app, id, &DISTRICT_TITLES, suffix, false, dice).await?,
    })
}

fn member(
    sample: &SampleProvince,
    unit_id: UnitId,
    distance_metres: i64,
    one_way_minutes: i64,
) -> NewEndpoint {
    NewEndpoint {
        name: String::new(),
        unit_id,
        role: EndpointRole::Member,
        zone: Zone::Ordinary,
        distance_metres,
        one_way_minutes,
        seats: 30,
        contact_phone: None,
        valid_from: sample.valid_from,
        valid_to: None,
    }
}

async fn unit(
    app: &App,
    sample: &SampleProvince,
    name: String,
    short_name: String,
    kind: UnitKind,
    parent_id: Option<UnitId>,
) -> anyhow::Result<UnitId> {
    let valid_from = sample.valid_from;
    let new = NewUnit { name, short_name, kind, parent_id, code: None, valid_from, valid_to: None };
    Ok(directory::create::<Unit>(app, &Actor::system(), new).await?.id)
}

async fn room(
    app: &App,
    name: &str,
    unit: UnitId,
    endpoint: EndpointId,
    seats: i64,
) -> anyhow::Result<RoomId> {
    let new = NewRoom {
        name: name.into(),
        unit_id: unit,
        endpoint_id: Some(endpoint),
        seats,
        equipment: "Camera PTZ, micro đa hướng, hai màn hình".into(),
    };
    Ok(directory::create::<Room>(app, &Actor::system(), new).await?.id)
}

async fn staff(
    app: &App,
    unit_id: UnitId,
    titles: &[&str],
    suffix: &str,
    capital: bool,
    dice: &mut Dice,
) -> anyhow::Result<Vec<Person>> {
    let mut people: Vec<Person> = Vec::with_capacity(titles.len());
    for title in titles {
        let mut full_name = names::full_name(dice, capital);
        while people.iter().any(|known| known.full_name == full_name) {
            full_name = names::full_name(dice, capital);
        }
        let title = if title.ends_with("UBND") { format!("{title} {suffix}") } else { (*title).to_owned() };
        let new = NewPerson {
            full_name,
            title: title.trim().to_owned(),
            unit_id,
            phone: None,
            email: None,
            active: true,
        };
        people.push(directory::create::<Person>(app, &Actor::system(), new).await?);
    }
    Ok(people)
}
