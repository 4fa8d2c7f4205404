use schema::delegate::NewDelegate;
use schema::endpoint::EndpointRole;
use schema::paging::Paging;
use schema::role::Reach;
use schema::roster::Rsvp;
use schema::session::{MeetingKind, Mode, NewSession, SessionAction, SessionState, Urgency, transition};
use schema::store::history::Author;
use schema::store::sessions::SessionFilter;
use schema::store::{StoreError, delegates, endpoints, history, roster, sessions};

use crate::support::{HOUR, MONDAY, World, book, endpoint, named, on_both, province, session};
use crate::{reading, writing};

on_both!(
    a_session_is_kept_as_it_was_written_down,
    an_edit_is_kept_whole_and_found_by_its_new_words,
    a_change_of_a_stale_session_is_refused,
    sessions_are_listed_latest_first_by_time_state_kind_and_text,
    a_reader_sees_the_sessions_to_which_units_within_reach_are_called,
    what_was_never_announced_is_listed_only_for_those_who_prepare_it,
    pages_of_sessions_neither_repeat_nor_skip,
    the_roster_keeps_the_names_and_distances_of_its_day,
    an_endpoint_that_stays_keeps_its_delegates_and_one_that_goes_takes_them_along,
    history_and_overrides_are_read_in_their_order,
);

async fn a_session_is_kept_as_it_was_written_down(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let id = book(&world, &new).await.unwrap().unwrap();
    let found = session(&world, id).await;
    assert_eq!((found.state, found.version), (SessionState::Scheduled, 2));
    assert_eq!((found.held_on.to_string().as_str(), found.span()), ("2026-03-02", new.span()));
    assert_eq!((found.subject, found.content), (new.subject.clone(), new.content.clone()));
    reading!(world, |tx| {
        let summary = sessions::find_summary(tx, id).await.unwrap().unwrap();
        assert_eq!(
            (summary.host.id, summary.host.unit_name.as_str()),
            (province.host, "UBND tỉnh Điện Biên")
        );
        assert_eq!(summary.chair.unwrap().full_name, "Lê Thành Đô");
        assert_eq!((summary.endpoints_invited, summary.endpoints_connected), (3, 0));
        let people = roster::people(tx, id).await.unwrap();
        assert_eq!(people.iter().map(|one| one.id).collect::<Vec<_>>(), [province.chair, province.secretary]);
        assert_eq!(roster::rooms(tx, id).await.unwrap()[0].name, "Phòng họp A");
        let mut resources = roster::resources(tx, id).await.unwrap();
        let mut expected = new.resources();
        resources.sort();
        expected.sort();
        assert_eq!(resources, expected);
        assert_eq!(sessions::find(tx, schema::id::SessionId::new(MONDAY)).await.unwrap(), None);
    });
}

async fn an_edit_is_kept_whole_and_found_by_its_new_words(world: World) {
    let province = province(&world).await;
    let id = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    let to = NewSession {
        subject: " Phòng chống cháy ru\u{31b}\u{300}ng ".into(),
        kind: MeetingKind::Thematic,
        urgency: Urgency::Urgent,
        urgency_reason: Some("nắng nóng".into()),
        mode: Mode::Hybrid,
        chair_id: None,
        contact: "0215 382 5555".into(),
        ..province.session(MONDAY.plus_millis(48 * HOUR), &[province.muong_lay])
    };
    let mut edited = session(&world, id).await;
    edited.edit(&to);
    writing!(world, |tx| sessions::update(tx, &mut edited).await.unwrap());
    let found = session(&world, id).await;
    assert_eq!(found, edited);
    assert_eq!(
        (found.subject.as_str(), found.held_on.to_string()),
        ("Phòng chống cháy rừng", "2026-03-04".into())
    );
    assert_eq!((found.kind, found.urgency, found.mode), (to.kind, to.urgency, to.mode));
    reading!(world, |tx| {
        let q = |q| SessionFilter { q: Some(q), ..SessionFilter::default() };
        assert_eq!(ids(tx, q("chay rung")).await, [id]);
        assert_eq!(ids(tx, q("giao ban")).await, []);
    });
}

async fn a_change_of_a_stale_session_is_refused(world: World) {
    let province = province(&world).await;
    let id = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    let mut mine = session(&world, id).await;
    let mut theirs = mine.clone();
    writing!(world, |tx| {
        let held = sessions::lock(tx, id).await.unwrap().unwrap();
        assert_eq!(held, mine);
        mine.state = transition(mine.state, SessionAction::Start).unwrap();
        mine.started_at = Some(MONDAY);
        sessions::update(tx, &mut mine).await.unwrap();
    });
    assert_eq!(session(&world, id).await, mine);
    let mut tx = world.write().await.unwrap();
    theirs.state = transition(theirs.state, SessionAction::Cancel).unwrap();
    assert!(matches!(sessions::update(&mut tx, &mut theirs).await, Err(StoreError::Stale)));
}

async fn ids(tx: &mut schema::store::Tx, filter: SessionFilter<'_>) -> Vec<schema::id::SessionId> {
    let page = sessions::list(tx, &filter, &Paging::first(200)).await.unwrap();
    page.items.into_iter().map(|summary| summary.session.id).collect()
}

async fn sessions_are_listed_latest_first_by_time_state_kind_and_text(world: World) {
    let province = province(&world).await;
    let first = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    let review = NewSession {
        kind: MeetingKind::Review,
        subject: "Tổng kết năm".into(),
        ..province.session(MONDAY.plus_millis(24 * HOUR), &[province.muong_lay])
    };
    let second = book(&world, &review).await.unwrap().unwrap();
    let mut started = session(&world, first).await;
    writing!(world, |tx| {
        started.state = transition(started.state, SessionAction::Start).unwrap();
        sessions::update(tx, &mut started).await.unwrap();
    });
    reading!(world, |tx| {
        let all = SessionFilter::default();
        assert_eq!(ids(tx, all.clone()).await, [second, first]);
        let at = |hours: i64| Some(MONDAY.plus_millis(hours * HOUR));
        assert_eq!(ids(tx, SessionFilter { from: at(0), to: at(1), ..all.clone() }).await, [first]);
        assert_eq!(ids(tx, SessionFilter { from: at(1), ..all.clone() }).await, [second]);
        assert_eq!(ids(tx, SessionFilter { to: at(0), ..all.clone() }).await, []);
        assert_eq!(ids(tx, SessionFilter { state: Some(SessionState::Live), ..all.clone() }).await, [first]);
        assert_eq!(ids(tx, SessionFilter { kind: Some(MeetingKind::Review), ..all.clone() }).await, [second]);
        assert_eq!(ids(tx, SessionFilter { q: Some("tong ket"), ..all.clone() }).await, [second]);
        assert_eq!(ids(tx, SessionFilter { under: Some(province.nhe), ..all.clone() }).await, [first]);
        assert_eq!(ids(tx, SessionFilter { under: Some(province.root), ..all }).await, [second, first]);
    });
}

async fn a_reader_sees_the_sessions_to_which_units_within_reach_are_called(world: World) {
    let province = province(&world).await;
    let nhe = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    let lay = province.session(MONDAY.plus_millis(HOUR), &[province.muong_lay]);
    let lay = book(&world, &lay).await.unwrap().unwrap();
    reading!(world, |tx| {
        let seen =
            |units: &[_]| SessionFilter { reach: Reach::Under(units.to_vec()), ..SessionFilter::default() };
        assert_eq!(ids(tx, seen(&[province.nhe])).await, [nhe]);
        assert_eq!(ids(tx, seen(&[province.nhe, province.lay])).await, [lay, nhe]);
        assert_eq!(ids(tx, seen(&[])).await, []);
        let both = SessionFilter { under: Some(province.lay), ..seen(&[province.nhe]) };
        assert_eq!(ids(tx, both).await, []);
    });
}

async fn what_was_never_announced_is_listed_only_for_those_who_prepare_it(world: World) {
    let province = province(&world).await;
    let draft = writing!(world, |tx| {
        let new = province.session(MONDAY, &[province.muong_nhe]);
        let id = sessions::insert(tx, &new, None, MONDAY).await.unwrap();
        let named = named(tx, &new).await.unwrap();
        roster::freeze(tx, id, &new, &named, MONDAY).await.unwrap();
        id
    });
    let announced = province.session(MONDAY.plus_millis(24 * HOUR), &[province.muong_nhe]);
    let announced = book(&world, &announced).await.unwrap().unwrap();
    reading!(world, |tx| {
        let prepares = |units: &[_]| SessionFilter {
            prepares: Reach::Under(units.to_vec()),
            ..SessionFilter::default()
        };
        assert_eq!(ids(tx, SessionFilter::default()).await, [announced, draft]);
        assert_eq!(ids(tx, prepares(&[province.root])).await, [announced, draft]);
        assert_eq!(ids(tx, prepares(&[province.nhe])).await, [announced]);
        assert_eq!(ids(tx, prepares(&[])).await, [announced]);
    });
}

async fn pages_of_sessions_neither_repeat_nor_skip(world: World) {
    let province = province(&world).await;
    let mut booked = Vec::new();
    for n in 0..5 {
        let new = province.session(MONDAY.plus_millis(n * HOUR), &[province.muong_nhe]);
        booked.push(book(&world, &new).await.unwrap().unwrap());
    }
    reading!(world, |tx| {
        let mut paging = Paging::first(2);
        let mut seen = Vec::new();
        loop {
            let page = sessions::list(tx, &SessionFilter::default(), &paging).await.unwrap();
            seen.extend(page.items.into_iter().map(|summary| summary.session.id));
            match page.next {
                Some(next) => paging.after = Some(next),
                None => break,
            }
        }
        booked.reverse();
        assert_eq!(seen, booked);
    });
}

async fn the_roster_keeps_the_names_and_distances_of_its_day(world: World) {
    let province = province(&world).await;
    let id = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    writing!(world, |tx| {
        let mut moved = endpoint("Tên mới", province.nhe, EndpointRole::Member);
        moved.distance_metres = 1;
        endpoints::update(tx, province.muong_nhe, 1, &moved).await.unwrap();
    });
    writing!(world, |tx| {
        let entries = roster::list(tx, id).await.unwrap();
        assert_eq!(
            entries.iter().map(|one| one.role).collect::<Vec<_>>(),
            [EndpointRole::Host, EndpointRole::Member]
        );
        let entry = &entries[1];
        assert_eq!((entry.endpoint.name.as_str(), entry.distance_metres), ("Mường Nhé", 195_000));
        assert_eq!((entry.one_way_minutes, entry.rsvp), (290, Rsvp::Pending));
        roster::update_rsvp(tx, entry.id, Rsvp::Accepted).await.unwrap();
        assert_eq!(roster::find(tx, entry.id).await.unwrap().unwrap().rsvp, Rsvp::Accepted);
        let same = roster::find_by_endpoint(tx, id, province.muong_nhe).await.unwrap().unwrap();
        assert_eq!(same.id, entry.id);
        assert_eq!(roster::find_by_endpoint(tx, id, province.muong_lay).await.unwrap(), None);
    });
}

async fn an_endpoint_that_stays_keeps_its_delegates_and_one_that_goes_takes_them_along(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe, province.muong_lay]);
    let id = book(&world, &new).await.unwrap().unwrap();
    let delegate = NewDelegate {
        id: None,
        person_id: None,
        full_name: "Sùng A Páo".into(),
        title: "Phó Chủ tịch".into(),
        substitute_for: None,
        consented: None,
    };
    let lines = writing!(world, |tx| {
        let lines = roster::list(tx, id).await.unwrap();
        for line in &lines {
            delegates::replace(tx, id, line.id, std::slice::from_ref(&delegate), MONDAY).await.unwrap();
        }
        lines
    });
    writing!(world, |tx| {
        let fewer = NewSession { endpoint_ids: vec![province.muong_lay], ..new };
        let named = named(tx, &fewer).await.unwrap();
        roster::freeze(tx, id, &fewer, &named, MONDAY).await.unwrap();
    });
    let left = reading!(world, |tx| roster::list_with_delegates(tx, id).await.unwrap());
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|line| line.delegates.len() == 1));
    let kept = lines.iter().find(|line| line.endpoint.id == province.muong_lay).unwrap();
    assert_eq!(left[1].entry.id, kept.id);
}

async fn history_and_overrides_are_read_in_their_order(world: World) {
    let province = province(&world).await;
    let id = book(&world, &province.session(MONDAY, &[province.muong_nhe])).await.unwrap().unwrap();
    let author = Author { id: None, name: "Thư ký" };
    writing!(world, |tx| {
        history::insert(tx, id, &author, SessionAction::Create, None, MONDAY).await.unwrap();
        history::insert(tx, id, &author, SessionAction::Postpone, Some("bão"), MONDAY).await.unwrap();
        history::insert_override(tx, id, &author, "short_notice", "khẩn", MONDAY).await.unwrap();
    });
    reading!(world, |tx| {
        let done = history::list(tx, id).await.unwrap();
        let told: Vec<_> = done.iter().map(|one| (one.action, one.reason.as_deref())).collect();
        assert_eq!(told, [(SessionAction::Create, None), (SessionAction::Postpone, Some("bão"))]);
        let gone_past = history::overrides(tx, id).await.unwrap();
        assert_eq!((gone_past[0].code.as_str(), gone_past[0].reason.as_str()), ("short_notice", "khẩn"));
        assert_eq!((gone_past[0].actor_name.as_str(), gone_past[0].at), ("Thư ký", MONDAY));
    });
}
