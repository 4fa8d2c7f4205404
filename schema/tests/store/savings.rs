use schema::calendar::{CalendarDay, MonthDay, WorkingHours};
use schema::cost::{Exclusion, Occasion, Terms};
use schema::delegate::{NewDelegate, NewMark, Presence};
use schema::endpoint::Zone;
use schema::id::{EndpointId, SessionId};
use schema::interval::Connection;
use schema::ledger::{self as reckoning, Attended, Ledger, Settlement};
use schema::moment::Moment;
use schema::norm::{NewNorm, NormKind};
use schema::regime::Plan;
use schema::session::{Mode, NewSession, SessionState};
use schema::settings::Settings;
use schema::store::history::Author;
use schema::store::{calendar, delegates, ledger, norms, roster, sessions};

use crate::support::{self, MINUTE, MONDAY, Province, World, book, day, on_both, province};
use crate::{reading, writing};

on_both!(
    a_norm_added_holds_from_its_day_on,
    a_day_that_the_province_names_stands_above_the_rules,
    working_hours_that_the_province_sets_replace_those_supplied,
    the_worked_example_survives_being_kept_to_the_dong,
    a_correction_of_the_roll_is_a_revision_by_the_terms_of_the_first,
    recomputing_from_attendance_gives_the_same_figure,
);

fn petrol(value_dong: i64) -> NewNorm {
    NewNorm {
        kind: NormKind::PetrolPrice,
        value_dong,
        zone: None,
        legal_basis: " Công văn 01 ".into(),
        effective_from: day("2026-01-01"),
        effective_to: None,
        confirmed: true,
    }
}

async fn a_norm_added_holds_from_its_day_on(world: World) {
    writing!(world, |tx| norms::insert(tx, &petrol(21_000), MONDAY).await.unwrap());
    writing!(world, |tx| norms::insert(tx, &petrol(22_000), MONDAY.plus_millis(1)).await.unwrap());
    let norms = reading!(world, |tx| norms::list(tx).await.unwrap());
    let price = |date| norms.on(NormKind::PetrolPrice, Zone::Ordinary, day(date)).map(|norm| norm.value_dong);
    assert_eq!((price("2025-12-31"), price("2026-01-01")), (Some(20_000), Some(22_000)));
    let kept = norms.iter().find(|norm| norm.value_dong == 22_000).unwrap();
    assert_eq!(kept.legal_basis, "Công văn 01");
}

async fn a_day_that_the_province_names_stands_above_the_rules(world: World) {
    let named = |working| CalendarDay {
        date: day("2026-03-02"),
        working,
        name_vi: "Nghỉ".into(),
        name_en: "Off".into(),
        legal_basis: "Công văn 02".into(),
        confirmed: true,
    };
    for working in [true, false] {
        writing!(world, |tx| calendar::update_day(tx, &named(working)).await.unwrap());
        let calendar = reading!(world, |tx| calendar::load(tx).await.unwrap());
        assert_eq!(calendar.is_working_day(day("2026-03-02")), working);
    }
}

async fn working_hours_that_the_province_sets_replace_those_supplied(world: World) {
    let hours = WorkingHours {
        valid_from: day("2020-01-01"),
        valid_to: None,
        season_from: Some(MonthDay { month: 10, day: 16 }),
        season_to: Some(MonthDay { month: 4, day: 15 }),
        am_start_minute: 480,
        ..WorkingHours::fallback(day("2020-01-01"))
    };
    writing!(world, |tx| calendar::insert_hours(tx, &hours).await.unwrap());
    let calendar = reading!(world, |tx| calendar::load(tx).await.unwrap());
    assert_eq!(calendar.working_hours(day("2026-01-05")), hours);
    assert_eq!(calendar.working_hours(day("2026-07-06")).am_start_minute, 450);
}

/// An ended session at 08:00 with one delegate named at Mường Nhé and marked.
pub async fn ended(world: &World, province: &Province, new: &NewSession, presence: Presence) -> SessionId {
    let id = book(world, new).await.unwrap().expect("nothing else is booked");
    let by = Author { id: None, name: "Thư ký" };
    writing!(world, |tx| {
        let line = roster::find_by_endpoint(tx, id, province.muong_nhe).await.unwrap().unwrap();
        let named = NewDelegate {
            id: None,
            person_id: None,
            full_name: "Lò Văn An".into(),
            title: "Chủ tịch".into(),
            substitute_for: Some("Giàng A Páo".into()),
            consented: Some(true),
        };
        delegates::replace(tx, id, line.id, &[named], MONDAY).await.unwrap();
        let delegate_id = delegates::list(tx, id).await.unwrap()[0].id;
        let mark = NewMark { delegate_id, presence, late: false, left_early: false, note: None };
        delegates::insert_mark(tx, &mark, &by, MONDAY).await.unwrap();
        let mut session = sessions::find(tx, id).await.unwrap().unwrap();
        session.state = SessionState::Ended;
        session.started_at = Some(new.starts_at);
        session.ended_at = Some(new.ends_at);
        (session.notice_due, session.notice_kept) = (true, true);
        sessions::update(tx, &mut session).await.unwrap();
    });
    id
}

/// Reckons as the server does, with these endpoints connected for an hour.
pub async fn reckon(world: &World, id: SessionId, joined: &[EndpointId]) -> Settlement {
    reading!(world, |tx| {
        let session = sessions::find(tx, id).await.unwrap().unwrap();
        let plan = Plan {
            kind: session.kind,
            urgency: session.urgency,
            starts_at: session.starts_at,
            ends_at: session.ends_at,
            announced_at: session.created_at,
        };
        let occasion = Occasion::of(&plan, session.mode, &calendar::load(tx).await.unwrap());
        let fresh = Terms::on(occasion, &norms::list(tx).await.unwrap(), &Settings::new(vec![]));
        let terms = ledger::terms(tx, id).await.unwrap().unwrap_or(fresh);
        let attend = |line: schema::roster::RosterLine| {
            let connected = Connection {
                first_at: Some(session.starts_at),
                connected_ms: 58 * MINUTE,
                gap_ms: 2 * MINUTE,
                late: line.entry.endpoint.name == "Mường Lay",
                ..Connection::default()
            };
            let there = joined.contains(&line.entry.endpoint.id);
            Attended { line, connection: if there { connected } else { Connection::default() } }
        };
        let lines = roster::list_with_delegates(tx, id).await.unwrap();
        reckoning::settle(&session, terms, lines.into_iter().map(attend).collect())
    })
}

pub async fn settle(world: &World, id: SessionId, joined: &[EndpointId]) -> Ledger {
    let settlement = reckon(world, id, joined).await;
    writing!(world, |tx| ledger::insert(tx, &settlement, MONDAY).await.unwrap());
    reading!(world, |tx| ledger::find(tx, id).await.unwrap().unwrap())
}

async fn the_worked_example_survives_being_kept_to_the_dong(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let id = ended(&world, &province, &new, Presence::InRoom).await;
    let ledger = settle(&world, id, &[province.host, province.muong_nhe]).await;
    assert_eq!(
        (ledger.revision, ledger.totals.net_dong, ledger.totals.person_minutes_saved),
        (1, 2_660_000, 580)
    );
    let [row] = &ledger.rows[..] else { panic!("one delegate was named") };
    assert_eq!((row.allowance_dong, row.lodging_dong, row.transport_dong), (600_000, 500_000, 1_560_000));
    assert_eq!(
        (row.endpoint.as_str(), row.distance_metres, row.petrol_price_dong),
        ("Mường Nhé", 195_000, 20_000)
    );
    let kinds: Vec<NormKind> = row.norms.iter().map(|norm| norm.kind).collect();
    let expected =
        [NormKind::StayAllowance, NormKind::Lodging, NormKind::PetrolPrice, NormKind::Refreshments];
    assert_eq!(kinds, expected);
    assert!(row.norms[0].legal_basis.contains("12/2025"));
}

async fn a_correction_of_the_roll_is_a_revision_by_the_terms_of_the_first(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let id = ended(&world, &province, &new, Presence::Unexcused).await;
    let joined = [province.host, province.muong_nhe];
    let first = settle(&world, id, &joined).await;
    assert_eq!((first.totals.net_dong, first.rows[0].excluded), (0, Some(Exclusion::NotPresent)));

    writing!(world, |tx| norms::insert(tx, &petrol(40_000), MONDAY).await.unwrap());
    let mark = NewMark {
        delegate_id: first.rows[0].delegate_id,
        presence: Presence::Online,
        late: false,
        left_early: false,
        note: Some("đã có mặt".into()),
    };
    let by = Author { id: None, name: "Chánh Văn phòng" };
    writing!(world, |tx| delegates::insert_mark(tx, &mark, &by, MONDAY).await.unwrap());
    let second = settle(&world, id, &joined).await;
    assert_eq!(
        (second.revision, second.totals.net_dong),
        (2, 2_660_000),
        "petrol is that of the first settlement"
    );
    assert_eq!(second.terms, first.terms);
}

async fn recomputing_from_attendance_gives_the_same_figure(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let id = ended(&world, &province, &new, Presence::InRoom).await;
    let joined = [province.host, province.muong_nhe, province.muong_lay];
    let kept = settle(&world, id, &joined).await;
    let again = reckon(&world, id, &joined).await;
    assert_eq!(again.totals, kept.totals);
    let rows: i64 = kept.rows.iter().map(|row| row.total_dong).sum();
    assert_eq!(rows, kept.totals.gross_dong);
}

/// The same session at another time and in another form.
pub fn at(province: &Province, starts_at: Moment, mode: Mode) -> NewSession {
    let members = [province.muong_nhe, province.muong_lay];
    NewSession { mode, ..province.session(starts_at, &members) }
}

/// Whole days after the first Monday.
pub const fn days_later(days: i64) -> Moment {
    MONDAY.plus_millis(days * 24 * support::HOUR)
}
