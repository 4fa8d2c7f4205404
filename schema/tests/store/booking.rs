use std::time::Duration;

use schema::conflict::{Busy, Resource, ResourceKind};
use schema::session::{NewSession, SessionState};
use schema::store::{StoreError, bookings, sessions};

use crate::support::{HOUR, MINUTE, MONDAY, World, book, named, on_both, province, session};
use crate::{reading, writing};

on_both!(
    of_fifty_bookers_of_one_endpoint_and_time_exactly_one_wins,
    bookers_who_name_the_same_things_in_another_order_do_not_lock_each_other_out,
    every_clash_is_named_with_its_session,
    one_session_may_start_when_another_ends,
    a_long_session_is_found_from_its_last_minute,
    what_is_given_back_can_be_taken_again,
    a_session_does_not_clash_with_itself,
    busy_times_are_told_thing_by_thing,
);

async fn of_fifty_bookers_of_one_endpoint_and_time_exactly_one_wins(world: World) {
    let province = province(&world).await;
    let bookers: Vec<_> = (0..50)
        .map(|n| {
            let store = world.store.clone();
            // They overlap, they are not alike.
            let start = MONDAY.plus_millis(n % 7 * MINUTE);
            let new = NewSession { room_ids: vec![], ..province.session(start, &[province.muong_nhe]) };
            tokio::spawn(async move { book(&store, &new).await })
        })
        .collect();
    let mut winners = 0;
    for booker in bookers {
        winners += i32::from(booker.await.unwrap().unwrap().is_some());
    }
    assert_eq!(winners, 1);
    let stored = reading!(world, |tx| {
        sessions::list(tx, &sessions::SessionFilter::default(), &schema::paging::Paging::default())
            .await
            .unwrap()
    });
    assert_eq!(stored.items.len(), 1, "those who lost left nothing behind");
}

async fn bookers_who_name_the_same_things_in_another_order_do_not_lock_each_other_out(world: World) {
    let province = province(&world).await;
    let bookers: Vec<_> = (0..20)
        .map(|n| {
            let store = world.store.clone();
            let mut members = vec![province.muong_nhe, province.muong_lay];
            if n % 2 == 0 {
                members.reverse();
            }
            let new = province.session(MONDAY.plus_millis(n * HOUR), &members);
            tokio::spawn(async move { book(&store, &new).await })
        })
        .collect();
    let all = async {
        for booker in bookers {
            assert!(booker.await.unwrap().unwrap().is_some());
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("nobody waits for ever");
}

async fn every_clash_is_named_with_its_session(world: World) {
    let province = province(&world).await;
    let booked = province.session(MONDAY, &[province.muong_nhe]);
    let id = book(&world, &booked).await.unwrap().unwrap();
    let wanted = province.session(MONDAY.plus_millis(30 * MINUTE), &[province.muong_nhe, province.muong_lay]);
    assert_eq!(book(&world, &wanted).await.unwrap(), None);
    let found = reading!(world, |tx| {
        bookings::conflicts(tx, &wanted.resources(), wanted.span(), None).await.unwrap()
    });
    let named: Vec<_> = found.iter().map(|one| (one.what, one.name.as_str())).collect();
    let expected = [
        (ResourceKind::Endpoint, "Mường Nhé"),
        (ResourceKind::Endpoint, "Tỉnh"),
        (ResourceKind::Person, "Lê Thành Đô"),
        (ResourceKind::Person, "Lò Văn An"),
        (ResourceKind::Room, "Phòng họp A"),
    ];
    let mut sorted = named.clone();
    sorted.sort();
    let mut expected_sorted = expected.to_vec();
    expected_sorted.sort();
    assert_eq!(sorted, expected_sorted);
    let clash = &found[0];
    assert_eq!((clash.session_id, clash.subject.as_str()), (id, booked.subject.as_str()));
    assert_eq!((clash.starts_at, clash.ends_at), (booked.starts_at, booked.ends_at));
}

async fn one_session_may_start_when_another_ends(world: World) {
    let province = province(&world).await;
    for hour in [1, 0, 2] {
        let new = province.session(MONDAY.plus_millis(hour * HOUR), &[province.muong_nhe]);
        assert!(book(&world, &new).await.unwrap().is_some(), "hour {hour}");
    }
}

async fn a_long_session_is_found_from_its_last_minute(world: World) {
    let province = province(&world).await;
    let mut training = province.session(MONDAY, &[province.muong_nhe]);
    training.ends_at = MONDAY.plus_millis(schema::session::LONGEST_MS);
    book(&world, &training).await.unwrap().unwrap();
    let at_its_end = province.session(training.ends_at.plus_millis(-1), &[province.muong_nhe]);
    assert_eq!(book(&world, &at_its_end).await.unwrap(), None);
    let mut tx = world.write().await.unwrap();
    let endless = NewSession { ends_at: training.ends_at.plus_millis(1), ..training };
    let refused = sessions::insert(&mut tx, &endless, None, MONDAY).await;
    assert!(matches!(refused, Err(StoreError::Refused)), "{refused:?}");
}

async fn what_is_given_back_can_be_taken_again(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe]);
    let id = book(&world, &new).await.unwrap().unwrap();
    let mut first = session(&world, id).await;
    writing!(world, |tx| {
        first.state = SessionState::Cancelled;
        sessions::update(tx, &mut first).await.unwrap();
        bookings::delete(tx, id).await.unwrap();
    });
    assert!(book(&world, &new).await.unwrap().is_some());
}

async fn a_session_does_not_clash_with_itself(world: World) {
    let province = province(&world).await;
    let new = province.session(MONDAY, &[province.muong_nhe]);
    let id = book(&world, &new).await.unwrap().unwrap();
    let next = province.session(MONDAY.plus_millis(2 * HOUR), &[province.muong_lay]);
    book(&world, &next).await.unwrap().unwrap();
    writing!(world, |tx| {
        let later = new.span().shifted(30 * MINUTE);
        let resources = new.resources();
        assert_eq!(bookings::conflicts(tx, &resources, later, Some(id)).await.unwrap(), []);
        bookings::insert(tx, id, &resources, later).await.unwrap();
        bookings::update_end(tx, id, later.ends_at.plus_millis(30 * MINUTE)).await.unwrap();
        let busy = bookings::busy(tx, &[Resource::Endpoint(province.muong_nhe)], later, None).await.unwrap();
        assert_eq!(busy[0].span.ends_at, MONDAY.plus_millis(2 * HOUR));
        let too_late = later.shifted(HOUR);
        assert_eq!(bookings::conflicts(tx, &resources, too_late, Some(id)).await.unwrap().len(), 4);
        let named = named(tx, &new).await.unwrap();
        assert_eq!(named.verdict(&new), Ok(()));
    });
}

async fn busy_times_are_told_thing_by_thing(world: World) {
    let province = province(&world).await;
    let morning = province.session(MONDAY, &[province.muong_nhe]);
    let id = book(&world, &morning).await.unwrap().unwrap();
    let whole_day = morning.span().shifted(-8 * HOUR);
    let whole_day = schema::conflict::Span::new(whole_day.starts_at, MONDAY.plus_millis(12 * HOUR));
    let things = [Resource::Endpoint(province.muong_nhe), Resource::Endpoint(province.muong_lay)];
    reading!(world, |tx| {
        let busy = bookings::busy(tx, &things, whole_day, None).await.unwrap();
        assert_eq!(busy, [Busy { id: province.muong_nhe.0, span: morning.span() }]);
        assert_eq!(bookings::busy(tx, &things, whole_day, Some(id)).await.unwrap(), []);
        assert_eq!(bookings::conflicts(tx, &[], whole_day, None).await.unwrap(), []);
    });
}
