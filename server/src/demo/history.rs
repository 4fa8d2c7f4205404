//! Living through the sample's past: every booking, roll-call and ending in its order, each at its own time.

use anyhow::Context as _;
use chrono::Datelike as _;
use schema::{
    calendar::Calendar,
    day::Day,
    delegate::{NewDelegate, NewMark, Presence},
    event::RoomEvent,
    id::{EndpointId, SessionId},
    moment::{Clock as _, Moment},
    person::Person,
    regime::WarningCode,
    roster::RosterLine,
    session::{MeetingKind, Mode, NewSession, SessionAction, Urgency, transition},
    store::{accounts, calendar, roster, sessions},
};

use super::{
    attending::{self, Called},
    clock::TurnedClock,
    dice::Dice,
    people::{Place, Province},
    plan::{self, Fate, Planned},
};
use crate::{
    app::App,
    auth::actor::Actor,
    service::{
        attendance,
        booking::{self, Reasoned, Wish},
        rollcall::{self, Naming},
        running,
        scheduling::{self, Seen},
    },
};

const MINUTE_MS: i64 = 60_000;

/// The instant at which the sample begins: before its first session is announced.
pub fn begins(now: Moment) -> Moment {
    plan::at(plan::first_day(now), 7 * 60).plus_millis(-30 * 24 * 60 * MINUTE_MS)
}

/// What happens to one of the planned sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Book,
    Name,
    Move,
    PutOff,
    CallOff,
    Start,
    CallTheRoll,
    End,
    Correct,
}

/// Who does what in the office.
pub(super) struct Office {
    pub(super) secretary: Actor,
    pub(super) chief: Actor,
    pub(super) operator: Actor,
}

impl Office {
    /// The accounts of the office, as made before.
    pub(super) async fn find(app: &App) -> anyhow::Result<Self> {
        let mut tx = app.store.read().await?;
        let mut of = async |username: &str| {
            let account = accounts::find_by_username(&mut tx, username).await?;
            account.as_ref().map(Actor::of).with_context(|| format!("the sample has no account {username}"))
        };
        Ok(Self {
            secretary: of("thuky").await?,
            chief: of("chanhvanphong").await?,
            operator: of("vanhanh").await?,
        })
    }
}

/// One planned session on its way.
struct Course<'a> {
    planned: &'a Planned,
    starts_at: Moment,
    id: Option<SessionId>,
    events: Vec<RoomEvent>,
    absent: Vec<EndpointId>,
    dice: Dice,
}

/// Lives through everything before `now`.
pub async fn relive(app: &App, clock: &TurnedClock, province: &Province, now: Moment) -> anyhow::Result<()> {
    let calendar = calendar::load(&mut app.store.read().await?).await?;
    let planned = plan::sessions(now, &calendar);
    let office = Office::find(app).await?;
    let mut steps = steps(&planned, &calendar);
    steps.retain(|(at, ..)| *at < now);
    steps.sort();
    let mut courses: Vec<Course<'_>> = (0_u64..)
        .zip(&planned)
        .map(|(number, planned)| Course {
            planned,
            starts_at: plan::moved_start(planned, &calendar),
            id: None,
            events: Vec::new(),
            absent: Vec::new(),
            dice: Dice::of(number),
        })
        .collect();
    for (at, number, step) in steps {
        clock.turn_to(at);
        let course = &mut courses[number];
        take(app, clock, province, &office, course, step)
            .await
            .with_context(|| format!("{step:?} of `{}` at {at}", course.planned.subject))?;
    }
    clock.turn_to(now);
    write_draft(app, province, &office, &calendar).await
}

/// One session is only written down so far.
async fn write_draft(
    app: &App,
    province: &Province,
    office: &Office,
    calendar: &Calendar,
) -> anyhow::Result<()> {
    let today = Day(app.now().date());
    let draft = Planned {
        subject: format!("Hội nghị trực tuyến tổng kết công tác năm {}", today.year()),
        content: "Kết quả thực hiện nhiệm vụ trong năm; phương hướng, nhiệm vụ năm tới.",
        kind: MeetingKind::Review,
        urgency: Urgency::Periodic,
        urgency_reason: None,
        mode: Mode::Online,
        announced_at: app.now(),
        starts_at: plan::at(calendar.add_working_days(today, 20), 8 * 60),
        minutes: 240,
        called: None,
        fate: Fate::Held,
        reason: "",
    };
    let wish = Wish { session: wanted(province, &draft), draft: true, overrides: Vec::new() };
    booking::book(app, &office.secretary, wish).await?;
    Ok(())
}

/// What happens when, session by session.
fn steps(planned: &[Planned], calendar: &Calendar) -> Vec<(Moment, usize, Step)> {
    let mut steps = Vec::new();
    for (number, session) in planned.iter().enumerate() {
        let starts_at = plan::moved_start(session, calendar);
        let mut step = |at: Moment, step: Step| steps.push((at, number, step));
        let shortly_before = session.starts_at.plus_millis(-19 * 60 * MINUTE_MS);
        step(session.announced_at, Step::Book);
        match session.fate {
            Fate::Held => {}
            Fate::Moved(_) => step(shortly_before, Step::Move),
            Fate::PutOff => step(shortly_before, Step::PutOff),
            Fate::CalledOff => step(shortly_before, Step::CallOff),
        }
        if matches!(session.fate, Fate::Held | Fate::Moved(_)) {
            step(starts_at.plus_millis(-17 * 60 * MINUTE_MS), Step::Name);
            step(starts_at.plus_millis(-15 * MINUTE_MS), Step::Start);
            step(starts_at.plus_millis(20 * MINUTE_MS), Step::CallTheRoll);
            step(
                starts_at.plus_millis((session.minutes - i64::try_from(number % 9).unwrap_or(0)) * MINUTE_MS),
                Step::End,
            );
            if number % 23 == 7 {
                step(starts_at.plus_millis(26 * 60 * MINUTE_MS), Step::Correct);
            }
        }
    }
    steps
}

async fn take(
    app: &App,
    clock: &TurnedClock,
    province: &Province,
    office: &Office,
    course: &mut Course<'_>,
    step: Step,
) -> anyhow::Result<()> {
    if step == Step::Book {
        course.id = Some(book(app, province, office, course.planned).await?);
        return Ok(());
    }
    let id = course.id.context("it was never booked")?;
    let (planned, seen) = (course.planned, seen(app, id).await?);
    match step {
        Step::Book => {}
        Step::Name => name_delegates(app, &office.secretary, province, id, &mut course.dice).await?,
        Step::Move => {
            let to = (course.starts_at, course.starts_at.plus_millis(planned.minutes * MINUTE_MS));
            let reasons = vec![reasoned(WarningCode::ShortNotice, planned.reason)];
            scheduling::reschedule(app, &office.chief, seen, to, planned.reason, reasons).await?;
        }
        Step::PutOff => scheduling::postpone(app, &office.secretary, seen, planned.reason).await?,
        Step::CallOff => scheduling::cancel(app, &office.secretary, seen, planned.reason).await?,
        Step::Start => {
            running::start(app, &office.operator, seen).await?;
            come_in(app, province, course, id).await?;
        }
        Step::CallTheRoll => {
            told_before(app, clock, course).await?;
            let marks = marks(&lines(app, id).await?, &course.absent, planned.mode, &mut course.dice);
            rollcall::take(app, &office.secretary, id, marks).await?;
        }
        Step::End => {
            told_before(app, clock, course).await?;
            running::end(app, &office.operator, self::seen(app, id).await?).await?;
        }
        Step::Correct => {
            let lines = lines(app, id).await?;
            rollcall::take(app, &office.chief, id, correction(&lines)).await?;
        }
    }
    Ok(())
}

async fn book(
    app: &App,
    province: &Province,
    office: &Office,
    planned: &Planned,
) -> anyhow::Result<SessionId> {
    let session = wanted(province, planned);
    let short = planned.fate == Fate::Held && !planned.reason.is_empty();
    let overrides = if short { vec![reasoned(WarningCode::ShortNotice, planned.reason)] } else { Vec::new() };
    let by = if short { &office.chief } else { &office.secretary };
    Ok(booking::book(app, by, Wish { session, draft: false, overrides }).await?)
}

fn wanted(province: &Province, planned: &Planned) -> NewSession {
    let called = |(place, district): (usize, &Place)| {
        let is = planned.called.as_ref().is_none_or(|called| called.contains(&place));
        is.then_some(district.endpoint)
    };
    NewSession {
        subject: planned.subject.clone(),
        kind: planned.kind,
        urgency: planned.urgency,
        urgency_reason: planned.urgency_reason.map(str::to_owned),
        mode: planned.mode,
        starts_at: planned.starts_at,
        ends_at: planned.starts_at.plus_millis(planned.minutes * MINUTE_MS),
        host_endpoint_id: province.host.endpoint,
        endpoint_ids: province.districts.iter().enumerate().filter_map(called).collect(),
        room_ids: vec![province.hall],
        chair_id: province.chair(),
        person_ids: Vec::new(),
        content: planned.content.to_owned(),
        requirements: "Đại biểu có mặt trước 10 phút; kỹ thuật thử đường truyền trước 60 phút.".into(),
        contact: "Phòng Tổng hợp, Văn phòng UBND tỉnh".into(),
        sample: true,
    }
}

pub(super) fn reasoned(code: WarningCode, reason: &str) -> Reasoned {
    Reasoned { code, reason: reason.to_owned() }
}

pub(super) async fn seen(app: &App, id: SessionId) -> anyhow::Result<Seen> {
    let session = sessions::find(&mut app.store.read().await?, id).await?.context("the session is there")?;
    Ok(Seen { id, version: session.version })
}

async fn lines(app: &App, id: SessionId) -> anyhow::Result<Vec<RosterLine>> {
    Ok(roster::list_with_delegates(&mut app.store.read().await?, id).await?)
}

/// Every endpoint names who sits at it: the leaders, and some who come instead of them.
pub(super) async fn name_delegates(
    app: &App,
    actor: &Actor,
    province: &Province,
    id: SessionId,
    dice: &mut Dice,
) -> anyhow::Result<()> {
    let session = sessions::find(&mut app.store.read().await?, id).await?.context("the session is there")?;
    if transition(session.state, SessionAction::NameDelegates).is_err() {
        return Ok(());
    }
    for line in lines(app, id).await? {
        let place = province.places().find(|place| place.endpoint == line.entry.endpoint.id);
        let people = &place.context("the place is of the province")?.people;
        let host = line.entry.endpoint.id == province.host.endpoint;
        let seats = if host { people.len() } else { usize::try_from(dice.between(3, 6)).unwrap_or(3) };
        let named = people.iter().take(seats).enumerate().map(|(at, person)| {
            let instead =
                people.last().filter(|last| !host && at == 0 && last.id != person.id && dice.chance(22));
            delegate(person, instead)
        });
        let naming = Naming { delegates: named.collect(), known: None };
        rollcall::name_delegates(app, actor, id, line.entry.id, naming).await?;
    }
    Ok(())
}

fn delegate(person: &Person, instead: Option<&Person>) -> NewDelegate {
    let comes = instead.unwrap_or(person);
    NewDelegate {
        id: None,
        person_id: Some(comes.id),
        full_name: comes.full_name.clone(),
        title: comes.title.clone(),
        substitute_for: instead.map(|_| person.full_name.clone()),
        consented: instead.map(|_| true),
    }
}

async fn come_in(
    app: &App,
    province: &Province,
    course: &mut Course<'_>,
    id: SessionId,
) -> anyhow::Result<()> {
    if course.planned.mode == Mode::InPerson {
        return Ok(());
    }
    let called: Vec<Called> = lines(app, id)
        .await?
        .iter()
        .map(|line| Called {
            endpoint: line.entry.endpoint.id,
            one_way_minutes: if line.entry.endpoint.id == province.host.endpoint {
                0
            } else {
                line.entry.one_way_minutes.max(1)
            },
        })
        .collect();
    let ends_at = course.starts_at.plus_millis(course.planned.minutes * MINUTE_MS);
    let attended = attending::attend(id, &called, course.starts_at, ends_at, &mut course.dice);
    (course.events, course.absent) = (attended.events, attended.absent);
    Ok(())
}

/// Keeps what the room has told up to the present.
async fn told_before(app: &App, clock: &TurnedClock, course: &mut Course<'_>) -> anyhow::Result<()> {
    let now = clock.now();
    let told = course.events.partition_point(|event| event.at <= now);
    let later = course.events.split_off(told);
    let events = std::mem::replace(&mut course.events, later);
    if !events.is_empty() {
        attendance::keep(app, &events).await?;
    }
    Ok(())
}

/// Điểm danh: most are there; those of an endpoint that never came are excused.
fn marks(lines: &[RosterLine], absent: &[EndpointId], mode: Mode, dice: &mut Dice) -> Vec<NewMark> {
    let mut marks = Vec::new();
    for line in lines {
        let cut_off = absent.contains(&line.entry.endpoint.id);
        for delegate in &line.delegates {
            let presence = match dice.between(0, 99) {
                _ if cut_off => Presence::Excused,
                0..=4 => Presence::Excused,
                5..=6 => Presence::Unexcused,
                7..=9 if mode != Mode::InPerson => Presence::Online,
                _ => Presence::InRoom,
            };
            let late = presence.is_present() && dice.chance(6);
            let note = cut_off.then(|| "Mất đường truyền".to_owned());
            marks.push(NewMark { delegate_id: delegate.id, presence, late, left_early: false, note });
        }
    }
    marks
}

/// The next day somebody turns out to have been there.
fn correction(lines: &[RosterLine]) -> Vec<NewMark> {
    let absent = |delegate: &&schema::delegate::Delegate| delegate.presence == Presence::Unexcused;
    let found = lines.iter().flat_map(|line| &line.delegates).find(absent);
    let first = lines.iter().rev().flat_map(|line| &line.delegates).next();
    let mark = |delegate: &schema::delegate::Delegate| NewMark {
        delegate_id: delegate.id,
        presence: Presence::InRoom,
        late: true,
        left_early: false,
        note: Some("Bổ sung theo báo cáo của điểm cầu".into()),
    };
    found.or(first).map(mark).into_iter().collect()
}
