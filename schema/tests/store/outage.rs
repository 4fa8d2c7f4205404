//! A database that is lost, and comes back.

use schema::account::NewAccount;
use schema::store::{Address, Store, StoreError, accounts, open};
use schema::testing::Postgres;

use crate::support::{MONDAY, sqlite};

async fn add(store: &Store, username: &str) -> Result<(), StoreError> {
    let new = NewAccount {
        username: username.into(),
        display_name: username.into(),
        password_hash: String::new(),
        unit_id: None,
        endpoint_id: None,
        grants: vec![],
    };
    let mut tx = store.write().await?;
    accounts::insert(&mut tx, &new, MONDAY).await?;
    tx.commit().await
}

async fn count(store: &Store) -> i64 {
    let mut tx = store.read().await.unwrap();
    accounts::count(&mut tx).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_is_told_plainly_and_used_again_when_it_is_back() {
    let server = tokio::task::spawn_blocking(Postgres::start).await.unwrap();
    let store = open(&server.fresh_database().parse().unwrap()).await.unwrap();
    add(&store, "before").await.unwrap();
    let mut cut_off = store.write().await.unwrap();
    server.stop();
    let refused = accounts::count(&mut cut_off).await.unwrap_err();
    assert!(refused.is_temporary(), "{refused:?}");
    drop(cut_off);
    server.start_again();
    add(&store, "after").await.unwrap();
    assert_eq!(count(&store).await, 2);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_the_write_keeps_what_was_there_and_is_written_to_again() {
    let world = sqlite().await;
    add(&world.store, "before").await.unwrap();
    let Store::Sqlite { write, .. } = &world.store else { panic!("not SQLite") };
    // As on a full disk: the file may not grow any more, as long as this connection lives.
    sqlx::query("PRAGMA max_page_count = 1").execute(write).await.unwrap();
    let mut written = 1;
    let refused = loop {
        match add(&world.store, &format!("user{written}")).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    assert_eq!(count(&world.store).await, written);
    add(&world.store, "after").await.unwrap();
    assert_eq!(count(&world.store).await, written + 1);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("giaoban.db");
    std::fs::write(
        &path,
        "not a database, but long enough to look like a file of some other program".repeat(20),
    )
    .unwrap();
    let refused = open(&Address::File(path)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt(_)), "{refused:?}");
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_told_as_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let refused = open(&Address::File(folder.path().join("missing").join("giaoban.db"))).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
}
