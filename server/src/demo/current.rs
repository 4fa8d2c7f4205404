//! The sample's present: one session is live at every start of the demo.

use anyhow::Context as _;
use schema::{
    day::Day,
    delegate::NewDelegate,
    endpoint::{Endpoint, EndpointRole},
    id::{SessionId, UnitId},
    moment::Moment,
    paging::Paging,
    person::Person,
    regime::WarningCode,
    session::{MeetingKind, Mode, NewSession, SessionState, Urgency},
    store::{
        StoreError, Tx,
        endpoints::{self, EndpointFilter},
        people, roster,
        sessions::{self, SessionFilter},
    },
};

use super::history::{Office, reasoned, seen};
use crate::{
    app::App,
    service::{
        Refusal,
        booking::{self, Wish},
        rollcall::{self, Naming},
        running,
    },
};

const MINUTE_MS: i64 = 60_000;

/// How long the live session is planned, in minutes: within the cap of a briefing.
const LENGTH_MINUTES: i64 = 180;

/// Delegates named at each endpoint.
const SEATS: usize = 5;

/// Sees to it that a session is live, to be joined at once. Yesterday's is ended first. Where the endpoints are taken,
/// what took them is there to be started.
pub async fn see_to_it(app: &App) -> anyhow::Result<()> {
    let office = Office::find(app).await?;
    let mut running = false;
    for (id, over) in live(app).await? {
        if over {
            running::end(app, &office.operator, seen(app, id).await?).await?;
        } else {
            running = true;
        }
    }
    if running {
        return Ok(());
    }
    match book(app, &office).await {
        Ok(id) => {
            name_delegates(app, &office, id).await?;
            Ok(running::start(app, &office.operator, seen(app, id).await?).await?)
        }
        Err(Refusal::Conflict(_)) => {
            tracing::info!("the endpoints are booked right now; start that session from its page");
            Ok(())
        }
        Err(other) => Err(other.into()),
    }
}

/// The live sessions, and whether their time is over.
async fn live(app: &App) -> anyhow::Result<Vec<(SessionId, bool)>> {
    let filter = SessionFilter { state: Some(SessionState::Live), ..SessionFilter::default() };
    let page = sessions::list(&mut app.store.read().await?, &filter, &Paging::first(200)).await?;
    let now = app.now();
    Ok(page.items.into_iter().map(|one| (one.session.id, one.session.ends_at <= now)).collect())
}

async fn book(app: &App, office: &Office) -> Result<SessionId, Refusal> {
    let now = app.now();
    let mut tx = app.store.read().await?;
    let filter = EndpointFilter { on: Some(Day(now.date())), ..EndpointFilter::default() };
    let endpoints = endpoints::list(&mut tx, &filter, &Paging::first(200)).await?.items;
    let is_host = |endpoint: &&Endpoint| endpoint.role == EndpointRole::Host;
    let host = endpoints.iter().find(is_host).ok_or(Refusal::NotFound)?;
    let chair = staff(&mut tx, host.unit.id).await?.first().map(|person| person.id);
    drop(tx);
    let members = endpoints.iter().filter(|endpoint| endpoint.role == EndpointRole::Member);
    let session = NewSession {
        subject: format!(
            "Giao ban trực tuyến ngày {} với UBND các huyện, thị xã, thành phố",
            now.local().format("%d/%m/%Y")
        ),
        kind: MeetingKind::Briefing,
        urgency: Urgency::Urgent,
        urgency_reason: Some("Phiên mẫu đang diễn ra, có thể tham gia ngay".into()),
        mode: Mode::Online,
        starts_at: now,
        ends_at: end(now),
        host_endpoint_id: host.id,
        endpoint_ids: members.map(|endpoint| endpoint.id).collect(),
        room_ids: Vec::new(),
        chair_id: chair,
        person_ids: Vec::new(),
        content: "Tình hình kinh tế - xã hội; nhiệm vụ trọng tâm tuần tới.".into(),
        requirements: "Đại biểu có mặt trước 10 phút; kỹ thuật thử đường truyền trước 60 phút.".into(),
        contact: "Phòng Tổng hợp, Văn phòng UBND tỉnh".into(),
        sample: true,
    };
    let why = "Phiên mẫu bắt đầu khi khởi động chương trình";
    let overrides =
        [WarningCode::OutsideWorkingHours, WarningCode::DayOff].map(|code| reasoned(code, why)).to_vec();
    booking::book(app, &office.chief, Wish { session, draft: false, overrides }).await
}

/// Three hours on, or shortly before midnight: what begins on a day ends on it, while there is half an hour left.
fn end(now: Moment) -> Moment {
    let whole = now.plus_millis(LENGTH_MINUTES * MINUTE_MS);
    let midnight = super::plan::at(Day(now.date()).next(), 0).plus_millis(-5 * MINUTE_MS);
    if whole > midnight && midnight.millis_since(now) >= 30 * MINUTE_MS { midnight } else { whole }
}

/// Who works for a unit itself, the head first.
async fn staff(tx: &mut Tx, unit: UnitId) -> Result<Vec<Person>, StoreError> {
    let below = people::list(tx, Some(unit), None, &Paging::first(200)).await?.items;
    let mut own: Vec<Person> = below.into_iter().filter(|person| person.unit.id == unit).collect();
    own.sort_by_key(|person| super::people::rank(&person.title));
    Ok(own)
}

async fn name_delegates(app: &App, office: &Office, id: SessionId) -> anyhow::Result<()> {
    let lines = roster::list(&mut app.store.read().await?, id).await?;
    for entry in lines {
        let staff = staff(&mut app.store.read().await?, entry.endpoint.unit_id).await?;
        let delegates = staff.iter().take(SEATS).map(delegate).collect();
        let naming = Naming { delegates, known: None };
        rollcall::name_delegates(app, &office.secretary, id, entry.id, naming)
            .await
            .with_context(|| format!("delegates of {}", entry.endpoint.name))?;
    }
    Ok(())
}

fn delegate(person: &Person) -> NewDelegate {
    NewDelegate {
        id: None,
        person_id: Some(person.id),
        full_name: person.full_name.clone(),
        title: person.title.clone(),
        substitute_for: None,
        consented: None,
    }
}
