use schema::endpoint::EndpointRole;
use schema::org::UnitKind;
use schema::paging::Paging;
use schema::person::NewPerson;
use schema::room::NewRoom;
use schema::store::endpoints::EndpointFilter;
use schema::store::units::UnitFilter;
use schema::store::{StoreError, endpoints, people, rooms, units};

use crate::support::{MONDAY, World, day, endpoint, on_both, person, province, unit};
use crate::{reading, writing};

on_both!(
    units_form_a_tree_that_cannot_bite_its_tail,
    units_are_listed_by_date_branch_and_name,
    lineage_across_a_reform_is_many_to_many,
    endpoints_are_kept_with_their_unit,
    endpoints_are_listed_by_date_branch_and_name,
    rooms_are_kept_and_found,
    people_are_kept_and_found_without_accents,
    a_row_that_points_nowhere_is_refused,
    what_is_not_committed_leaves_no_trace,
    a_read_cannot_write,
);

fn everything() -> Paging {
    Paging::first(200)
}

async fn units_form_a_tree_that_cannot_bite_its_tail(world: World) {
    let province = province(&world).await;
    let commune = writing!(world, |tx| {
        let new = unit("UBND xã Sín Thầu", UnitKind::Commune, Some(province.nhe));
        units::insert(tx, &new, MONDAY).await.unwrap()
    });
    reading!(world, |tx| {
        let lineage = units::lineage(tx, commune).await.unwrap();
        assert_eq!(lineage, [commune, province.nhe, province.root]);
        assert_eq!(units::below(tx, province.nhe).await.unwrap().len(), 2);
        assert_eq!(units::below(tx, province.root).await.unwrap().len(), 4);
    });
    let mut tx = world.write().await.unwrap();
    let found = units::find(&mut tx, province.nhe).await.unwrap().unwrap();
    let looped = unit(&found.name, found.kind, Some(commune));
    let refused = units::update(&mut tx, province.nhe, found.version, &looped).await;
    assert!(matches!(refused, Err(StoreError::Refused)), "{refused:?}");
}

async fn units_are_listed_by_date_branch_and_name(world: World) {
    let province = province(&world).await;
    writing!(world, |tx| {
        let found = units::find(tx, province.nhe).await.unwrap().unwrap();
        let mut ended = unit(&found.name, found.kind, found.parent_id);
        ended.valid_to = Some(day("2025-06-30"));
        ended.code = Some("03158".into());
        units::update(tx, province.nhe, found.version, &ended).await.unwrap();
        assert!(matches!(units::update(tx, province.nhe, 1, &ended).await, Err(StoreError::Stale)));
    });
    reading!(world, |tx| {
        let names = async |tx: &mut _, filter: UnitFilter<'static>| {
            let page = units::list(tx, &filter, &everything()).await.unwrap();
            page.items.into_iter().map(|unit| unit.short_name).collect::<Vec<_>>()
        };
        let all = names(tx, UnitFilter::default()).await;
        assert_eq!(all, ["huyện Mường Nhé", "thị xã Mường Lay", "tỉnh Điện Biên"]);
        let on = |date: &str| UnitFilter { on: Some(day(date)), ..UnitFilter::default() };
        assert_eq!(names(tx, on("2025-06-30")).await.len(), 3);
        assert_eq!(names(tx, on("2025-07-01")).await.len(), 2);
        assert_eq!(names(tx, on("2012-12-31")).await.len(), 0);
        let q = |q| UnitFilter { q: Some(q), ..UnitFilter::default() };
        assert_eq!(names(tx, q("muong nhe")).await, ["huyện Mường Nhé"]);
        assert_eq!(names(tx, q("03158")).await, ["huyện Mường Nhé"]);
        let under = UnitFilter { under: Some(province.lay), ..UnitFilter::default() };
        assert_eq!(names(tx, under).await, ["thị xã Mường Lay"]);
    });
}

async fn lineage_across_a_reform_is_many_to_many(world: World) {
    let province = province(&world).await;
    let communes = writing!(world, |tx| {
        let mut communes = Vec::new();
        for name in ["UBND xã Mường Nhé", "UBND xã Sín Thầu"] {
            let new = unit(name, UnitKind::Commune, Some(province.root));
            let commune = units::insert(tx, &new, MONDAY).await.unwrap();
            units::insert_successor(tx, province.nhe, commune).await.unwrap();
            units::insert_successor(tx, province.nhe, commune).await.unwrap();
            communes.push(commune);
        }
        units::insert_successor(tx, province.lay, communes[0]).await.unwrap();
        communes
    });
    reading!(world, |tx| {
        let heirs = units::successors(tx, province.nhe).await.unwrap();
        assert_eq!(heirs.iter().map(|unit| unit.id).collect::<Vec<_>>(), communes);
        assert_eq!(units::predecessors(tx, communes[0]).await.unwrap().len(), 2);
        assert_eq!(units::predecessors(tx, communes[1]).await.unwrap().len(), 1);
    });
}

async fn endpoints_are_kept_with_their_unit(world: World) {
    let province = province(&world).await;
    let found = reading!(world, |tx| endpoints::find(tx, province.muong_nhe).await.unwrap().unwrap());
    assert_eq!((found.name.as_str(), found.unit.name.as_str()), ("Mường Nhé", "UBND huyện Mường Nhé"));
    assert_eq!((found.distance_metres, found.one_way_minutes, found.version), (195_000, 290, 1));
    writing!(world, |tx| {
        let moved = endpoint("Mường Nhé mới", province.lay, EndpointRole::Member);
        endpoints::update(tx, province.muong_nhe, 1, &moved).await.unwrap();
        let stale = endpoints::update(tx, province.muong_nhe, 1, &moved).await;
        assert!(matches!(stale, Err(StoreError::Stale)));
        let found = endpoints::find(tx, province.muong_nhe).await.unwrap().unwrap();
        assert_eq!((found.unit.id, found.version), (province.lay, 2));
        let both = endpoints::find_all(tx, &[province.muong_nhe, province.muong_lay]).await.unwrap();
        assert_eq!(
            both.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["Mường Lay", "Mường Nhé mới"]
        );
        assert_eq!(endpoints::find_all(tx, &[]).await.unwrap(), []);
    });
}

async fn endpoints_are_listed_by_date_branch_and_name(world: World) {
    let province = province(&world).await;
    writing!(world, |tx| {
        let mut old = endpoint("Điểm cầu cũ", province.nhe, EndpointRole::Member);
        old.valid_to = Some(day("2025-06-30"));
        endpoints::insert(tx, &old, MONDAY).await.unwrap();
    });
    reading!(world, |tx| {
        let count = async |tx: &mut _, filter: EndpointFilter<'static>| {
            endpoints::list(tx, &filter, &everything()).await.unwrap().items.len()
        };
        assert_eq!(count(tx, EndpointFilter::default()).await, 4);
        let today = EndpointFilter { on: Some(day("2026-03-02")), ..EndpointFilter::default() };
        assert_eq!(count(tx, today.clone()).await, 3);
        assert_eq!(count(tx, EndpointFilter { under: Some(province.nhe), ..today }).await, 1);
        assert_eq!(count(tx, EndpointFilter { q: Some("diem CAU"), ..EndpointFilter::default() }).await, 1);
        let first = endpoints::list(tx, &EndpointFilter::default(), &Paging::first(3)).await.unwrap();
        let rest = Paging { limit: 3, after: first.next };
        let last = endpoints::list(tx, &EndpointFilter::default(), &rest).await.unwrap();
        assert_eq!((first.items.len(), last.items.len(), last.next), (3, 1, None));
    });
}

async fn rooms_are_kept_and_found(world: World) {
    let province = province(&world).await;
    let room = NewRoom {
        name: "Phòng truyền hình".into(),
        unit_id: province.nhe,
        endpoint_id: Some(province.muong_nhe),
        seats: 40,
        equipment: "Màn hình 85 inch".into(),
    };
    let id = writing!(world, |tx| rooms::insert(tx, &room, MONDAY).await.unwrap());
    writing!(world, |tx| {
        rooms::update(tx, id, 1, &NewRoom { seats: 50, ..room.clone() }).await.unwrap();
        assert!(matches!(rooms::update(tx, id, 1, &room).await, Err(StoreError::Stale)));
    });
    reading!(world, |tx| {
        let found = rooms::find(tx, id).await.unwrap().unwrap();
        assert_eq!((found.seats, found.version, found.unit.id), (50, 2, province.nhe));
        assert_eq!(found.endpoint_id, Some(province.muong_nhe));
        assert_eq!(rooms::find_all(tx, &[id, province.hall]).await.unwrap().len(), 2);
        let here = rooms::list(tx, Some(province.nhe), None, &everything()).await.unwrap();
        assert_eq!(here.items, [found]);
        let by_name = rooms::list(tx, None, Some("hop a"), &everything()).await.unwrap();
        assert_eq!(by_name.items[0].id, province.hall);
    });
}

async fn people_are_kept_and_found_without_accents(world: World) {
    let province = province(&world).await;
    writing!(world, |tx| {
        let retired = NewPerson { active: false, ..person("Lê Thành Đô", province.root) };
        people::update(tx, province.chair, 1, &retired).await.unwrap();
        assert!(matches!(people::update(tx, province.chair, 1, &retired).await, Err(StoreError::Stale)));
    });
    reading!(world, |tx| {
        let found = people::list(tx, None, Some("le thanh do"), &everything()).await.unwrap();
        assert_eq!(
            found.items.iter().map(|one| (one.id, one.active)).collect::<Vec<_>>(),
            [(province.chair, false)]
        );
        assert_eq!(found.items[0].unit.name, "UBND tỉnh Điện Biên");
        let both = people::find_all(tx, &[province.chair, province.secretary]).await.unwrap();
        assert_eq!(both.len(), 2);
        assert_eq!(people::list(tx, Some(province.nhe), None, &everything()).await.unwrap().items, []);
        assert_eq!(people::find(tx, province.secretary).await.unwrap().unwrap().full_name, "Lò Văn An");
    });
}

async fn a_row_that_points_nowhere_is_refused(world: World) {
    let mut tx = world.write().await.unwrap();
    let orphan = person("Ai đó", schema::id::UnitId::new(MONDAY));
    let refused = people::insert(&mut tx, &orphan, MONDAY).await;
    assert!(matches!(refused, Err(StoreError::Reference)), "{refused:?}");
}

async fn what_is_not_committed_leaves_no_trace(world: World) {
    for undo in [true, false] {
        let mut tx = world.write().await.unwrap();
        units::insert(&mut tx, &unit("UBND tỉnh", UnitKind::Province, None), MONDAY).await.unwrap();
        if undo {
            tx.rollback().await.unwrap();
        }
    }
    let left = reading!(world, |tx| units::list(tx, &UnitFilter::default(), &everything()).await.unwrap());
    assert_eq!(left.items, []);
}

async fn a_read_cannot_write(world: World) {
    let mut tx = world.read().await.unwrap();
    let refused = units::insert(&mut tx, &unit("UBND tỉnh", UnitKind::Province, None), MONDAY).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}
