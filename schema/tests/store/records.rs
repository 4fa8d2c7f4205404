use schema::audit::{ChainVerdict, NewAuditEvent};
use schema::id::AccountId;
use schema::moment::Moment;
use schema::paging::Paging;
use schema::settings::Setting;
use schema::store::{Address, Store, audit, outbox, settings};

use crate::support::{MINUTE, MONDAY, World, day, on_both};
use crate::{reading, writing};

on_both!(
    the_chain_holds_until_a_row_is_changed_behind_its_back,
    a_chain_cut_short_is_noticed,
    writers_of_the_chain_queue_up,
    the_log_is_read_newest_first_and_searched,
    an_effect_is_taken_once_until_its_retry_is_due,
    a_stored_setting_stands_on_top_of_the_one_that_comes_with_the_program,
    a_store_opens_again_where_it_was_left,
);

fn event(action: &str, at: Moment) -> NewAuditEvent {
    NewAuditEvent {
        at,
        actor_id: Some(AccountId::new(at)),
        actor_name: "Thư ký Đào".into(),
        action: action.into(),
        subject_kind: "session".into(),
        subject_id: Some("7".into()),
        detail: serde_json::json!({ "lý do": "bão" }),
    }
}

async fn tamper(world: &World, sql: &'static str) {
    let touched = match &world.store {
        Store::Sqlite { write, .. } => sqlx::query(sql).execute(write).await.unwrap().rows_affected(),
        Store::Postgres(pool) => sqlx::query(sql).execute(pool).await.unwrap().rows_affected(),
    };
    assert_eq!(touched, 1);
}

async fn write_three(world: &World) {
    for minute in 0..3 {
        let at = MONDAY.plus_millis(minute * MINUTE);
        writing!(world, |tx| audit::insert(tx, &event("session.edit", at),).await.unwrap());
    }
}

async fn the_chain_holds_until_a_row_is_changed_behind_its_back(world: World) {
    let verdict = reading!(world, |tx| audit::verify(tx).await.unwrap());
    assert_eq!(verdict, ChainVerdict { ok: true, entries: 0, broken_at: None });
    write_three(&world).await;
    let verdict = reading!(world, |tx| audit::verify(tx).await.unwrap());
    assert_eq!(verdict, ChainVerdict { ok: true, entries: 3, broken_at: None });
    tamper(&world, "UPDATE audit SET actor_name = 'Ai khác' WHERE seq = 2").await;
    let verdict = reading!(world, |tx| audit::verify(tx).await.unwrap());
    assert_eq!(verdict, ChainVerdict { ok: false, entries: 1, broken_at: Some(2) });
}

async fn a_chain_cut_short_is_noticed(world: World) {
    write_three(&world).await;
    tamper(&world, "DELETE FROM audit WHERE seq = 3").await;
    let verdict = reading!(world, |tx| audit::verify(tx).await.unwrap());
    assert_eq!(verdict, ChainVerdict { ok: false, entries: 2, broken_at: Some(3) });
}

async fn writers_of_the_chain_queue_up(world: World) {
    let writers = (0..20).map(|_| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let mut tx = store.write().await.unwrap();
            audit::insert(&mut tx, &event("login", MONDAY)).await.unwrap();
            tx.commit().await.unwrap();
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let verdict = reading!(world, |tx| audit::verify(tx).await.unwrap());
    assert_eq!(verdict, ChainVerdict { ok: true, entries: 20, broken_at: None });
}

async fn the_log_is_read_newest_first_and_searched(world: World) {
    write_three(&world).await;
    writing!(world, |tx| audit::insert(tx, &event("session.cancel", MONDAY)).await.unwrap());
    reading!(world, |tx| {
        let first = audit::list(tx, None, None, None, &Paging::first(3)).await.unwrap();
        assert_eq!(first.items.iter().map(|one| one.seq).collect::<Vec<_>>(), [4, 3, 2]);
        let rest = Paging { limit: 3, after: first.next };
        assert_eq!(audit::list(tx, None, None, None, &rest).await.unwrap().items[0].seq, 1);
        let found = audit::list(tx, None, None, Some("CANCEL"), &Paging::default()).await.unwrap();
        assert_eq!(
            found.items.iter().map(|one| one.detail.as_str()).collect::<Vec<_>>(),
            [r#"{"lý do":"bão"}"#]
        );
        let from = Some(MONDAY.plus_millis(MINUTE));
        let to = Some(MONDAY.plus_millis(2 * MINUTE));
        let between = audit::list(tx, from, to, Some("dao"), &Paging::default()).await.unwrap();
        assert_eq!(between.items.len(), 1);
    });
}

async fn an_effect_is_taken_once_until_its_retry_is_due(world: World) {
    let payload = serde_json::json!({ "to": "an@dienbien.gov.vn" });
    let id = writing!(world, |tx| outbox::insert(tx, "mail", &payload, MONDAY).await.unwrap());
    let retry = MONDAY.plus_millis(MINUTE);
    let taken = writing!(world, |tx| outbox::take(tx, MONDAY, retry, 10).await.unwrap());
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].id, taken[0].kind.as_str(), taken[0].attempts), (id, "mail", 1));
    assert_eq!(taken[0].payload, payload.to_string());
    assert_eq!(writing!(world, |tx| outbox::take(tx, MONDAY, retry, 10).await.unwrap()), []);
    let again = writing!(world, |tx| outbox::take(tx, retry, retry.plus_millis(MINUTE), 10).await.unwrap());
    assert_eq!(again[0].attempts, 2);
    writing!(world, |tx| outbox::put_off(tx, id, "no route to host", retry).await.unwrap());
    writing!(world, |tx| {
        assert_eq!(outbox::take(tx, retry, retry.plus_millis(MINUTE), 10).await.unwrap().len(), 1);
        outbox::finish(tx, id, retry).await.unwrap();
        let far = retry.plus_millis(100 * MINUTE);
        assert_eq!(outbox::take(tx, far, far, 10).await.unwrap(), []);
        assert_eq!(outbox::delete_done(tx, far).await.unwrap(), 1);
    });
}

async fn a_stored_setting_stands_on_top_of_the_one_that_comes_with_the_program(world: World) {
    let fact = reading!(world, |tx| settings::list(tx).await.unwrap());
    assert_eq!(fact.number("notice.working_days", day("2026-03-02")), 3);
    let mut own = Setting {
        name: "notice.working_days".into(),
        effective_from: day("2026-01-01"),
        value: 4,
        legal_basis: "Quyết định của UBND tỉnh".into(),
        confirmed: true,
    };
    writing!(world, |tx| settings::update(tx, &own).await.unwrap());
    own.value = 5;
    writing!(world, |tx| settings::update(tx, &own).await.unwrap());
    let settings = reading!(world, |tx| settings::list(tx).await.unwrap());
    assert_eq!(settings.number("notice.working_days", day("2026-03-02")), 5);
    assert_eq!(settings.number("notice.working_days", day("2025-12-31")), 3);
    assert_eq!(settings.on("notice.working_days", day("2026-01-01")), Some(&own));
}

async fn a_store_opens_again_where_it_was_left(world: World) {
    write_three(&world).await;
    let address = match &world.store {
        Store::Sqlite { write, .. } => Address::File(write.connect_options().get_filename().to_path_buf()),
        Store::Postgres(pool) => {
            let options = pool.connect_options();
            let (port, database) = (options.get_port(), options.get_database().unwrap());
            Address::Postgres(format!("postgres://giaoban@127.0.0.1:{port}/{database}"))
        }
    };
    world.store.close().await;
    let again = schema::store::open(&address).await.unwrap();
    let verdict = reading!(again, |tx| audit::verify(tx).await.unwrap());
    assert_eq!((again.backend(), verdict.entries), (world.store.backend(), 3));
    again.close().await;
}
