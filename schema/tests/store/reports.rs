use schema::delegate::Presence;
use schema::id::UnitId;
use schema::report::{Period, PeriodKind, Question, Report};
use schema::session::{MeetingKind, Mode, NewSession, SessionAction, SessionState};
use schema::store::history::{self, Author};
use schema::store::{reports, sessions, units};

use crate::savings::{at, days_later, ended, settle};
use crate::support::{MONDAY, Province, World, book, day, on_both, province};
use crate::{reading, writing};

on_both!(
    a_month_adds_up_what_its_sessions_saved,
    every_figure_of_the_head_is_the_sum_of_the_rows_below,
    a_report_of_one_unit_leaves_the_others_out,
    a_meeting_in_person_counts_as_held_but_not_as_online,
    sessions_put_off_and_called_off_are_counted_as_such,
    a_settlement_made_again_is_counted_once,
    a_unit_that_is_no_more_is_no_agency,
);

fn question(kind: PeriodKind, of: &str) -> Question {
    Question { period: Period::of(kind, of).unwrap(), units: None, kind: None, today: day("2026-11-23") }
}

async fn ask(world: &World, question: &Question) -> Report {
    reading!(world, |tx| reports::report(tx, question, 2).await.unwrap())
}

async fn held(world: &World, province: &Province, new: &NewSession) {
    let id = ended(world, province, new, Presence::InRoom).await;
    settle(world, id, &[province.host, province.muong_nhe, province.muong_lay]).await;
}

async fn a_month_adds_up_what_its_sessions_saved(world: World) {
    let province = province(&world).await;
    for days in [0, 1, 31] {
        held(&world, &province, &at(&province, days_later(days), Mode::Online)).await;
    }
    let march = ask(&world, &question(PeriodKind::Month, "2026-03")).await;
    assert_eq!((march.headline.net_dong, march.headline.person_minutes_saved), (2 * 2_660_000, 2 * 580));
    assert_eq!((march.headline.agencies_online, march.headline.agencies_all), (2, 2));
    assert_eq!(march.headline.share_percent, Some(100));
    let totals = &march.totals;
    assert_eq!((totals.sessions_booked, totals.sessions_held, totals.notice_kept), (2, 2, 2));
    assert_eq!((totals.endpoints_invited, totals.endpoints_joined, totals.on_time_endpoints), (6, 6, 4));
    assert_eq!((totals.delegates_named, totals.delegates_present, totals.substitutes), (2, 2, 2));
    assert_eq!((totals.connected_minutes, totals.gap_minutes), (6 * 58, 12));
    assert!(!march.sample);
}

async fn every_figure_of_the_head_is_the_sum_of_the_rows_below(world: World) {
    let province = province(&world).await;
    let thematic = NewSession { kind: MeetingKind::Thematic, ..at(&province, days_later(40), Mode::Online) };
    held(&world, &province, &at(&province, MONDAY, Mode::Online)).await;
    held(&world, &province, &thematic).await;
    let year = ask(&world, &question(PeriodKind::Year, "2026")).await;
    let net = year.headline.net_dong;
    assert_eq!(year.sessions.iter().map(|row| row.net_dong).sum::<i64>(), net);
    assert_eq!(year.by_unit.iter().map(|row| row.net_dong).sum::<i64>(), net);
    assert_eq!(year.by_month.iter().map(|row| row.net_dong).sum::<i64>(), net);
    assert_eq!(year.by_kind.iter().map(|row| row.net_dong).sum::<i64>(), net);
    assert_eq!(year.by_unit.iter().map(|row| row.invited).sum::<i64>(), year.totals.endpoints_invited);
    assert_eq!(year.by_month.len(), 12);
    let [april] = &year.by_month[3..4] else { panic!("twelve months") };
    assert_eq!((april.month.as_str(), april.sessions, april.agencies_online), ("2026-04", 1, 2));
    let only = Question { kind: Some(MeetingKind::Thematic), ..question(PeriodKind::Year, "2026") };
    let thematic = ask(&world, &only).await;
    assert_eq!((thematic.sessions.len(), thematic.totals.sessions_held), (1, 1));
}

async fn a_report_of_one_unit_leaves_the_others_out(world: World) {
    let province = province(&world).await;
    held(&world, &province, &at(&province, MONDAY, Mode::Online)).await;
    let of = |units: Vec<UnitId>| Question { units: Some(units), ..question(PeriodKind::Quarter, "2026-Q1") };
    let lay = ask(&world, &of(vec![province.lay])).await;
    assert_eq!((lay.headline.net_dong, lay.totals.endpoints_invited, lay.by_unit.len()), (0, 1, 1));
    assert_eq!((lay.by_unit[0].late, lay.headline.agencies_all), (1, 1));
    let nhe = ask(&world, &of(vec![province.nhe])).await;
    assert_eq!(
        (nhe.headline.net_dong, nhe.headline.share_percent),
        (2_660_000, None),
        "one is too few for a percentage"
    );
    let nobody = ask(&world, &of(vec![])).await;
    assert_eq!((nobody.totals.sessions_booked, nobody.sessions.len()), (0, 0));
}

async fn a_meeting_in_person_counts_as_held_but_not_as_online(world: World) {
    let province = province(&world).await;
    held(&world, &province, &at(&province, MONDAY, Mode::InPerson)).await;
    let month = ask(&world, &question(PeriodKind::Month, "2026-03")).await;
    assert_eq!((month.totals.sessions_held, month.totals.endpoints_invited), (1, 0));
    assert_eq!(
        (month.headline.net_dong, month.headline.agencies_online, month.headline.agencies_all),
        (0, 0, 2)
    );
}

async fn sessions_put_off_and_called_off_are_counted_as_such(world: World) {
    let province = province(&world).await;
    let by = Author { id: None, name: "Thư ký" };
    for (days, state, action) in [
        (0, SessionState::Cancelled, SessionAction::Cancel),
        (1, SessionState::Postponed, SessionAction::Postpone),
        (2, SessionState::Scheduled, SessionAction::Reschedule),
    ] {
        let id = book(&world, &at(&province, days_later(days), Mode::Online)).await.unwrap().unwrap();
        writing!(world, |tx| {
            let mut session = sessions::find(tx, id).await.unwrap().unwrap();
            session.state = state;
            sessions::update(tx, &mut session).await.unwrap();
            history::insert(tx, id, &by, action, Some("bão"), MONDAY).await.unwrap();
        });
    }
    let totals = ask(&world, &question(PeriodKind::Month, "2026-03")).await.totals;
    assert_eq!((totals.sessions_booked, totals.sessions_held), (3, 0));
    assert_eq!((totals.cancelled, totals.postponed), (1, 2));
}

async fn a_settlement_made_again_is_counted_once(world: World) {
    let province = province(&world).await;
    let id = ended(&world, &province, &at(&province, MONDAY, Mode::Online), Presence::Online).await;
    for _ in 0..3 {
        settle(&world, id, &[province.muong_nhe]).await;
    }
    let month = ask(&world, &question(PeriodKind::Month, "2026-03")).await;
    assert_eq!((month.headline.net_dong, month.totals.endpoints_joined), (2_660_000, 1));
}

async fn a_unit_that_is_no_more_is_no_agency(world: World) {
    let province = province(&world).await;
    writing!(world, |tx| {
        let before = units::find(tx, province.lay).await.unwrap().unwrap();
        let mut gone = crate::support::unit(&before.name, before.kind, before.parent_id);
        gone.valid_to = Some(day("2026-03-15"));
        units::update(tx, province.lay, before.version, &gone).await.unwrap();
    });
    let year = ask(&world, &question(PeriodKind::Year, "2026")).await;
    assert_eq!((year.headline.agencies_all, year.roster_date), (1, day("2026-11-23")));
    assert_eq!((year.by_month[1].agencies_all, year.by_month[2].agencies_all), (2, 1));
}
