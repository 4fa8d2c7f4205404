//! A database that is lost, and comes back.

use std::pin::pin;
use std::task::Poll;

use schema::account::NewAccount;
use schema::store::{Address, Store, StoreError, accounts, open};
use schema::testing::Postgres;
use sqlx::postgres::PgPoolOptions;

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

/// Drops a future that is not done after `polls`: what becomes of a request whose client hangs up.
async fn given_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(|context| {
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if polled < polls => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

async fn a_connection_given_up_while_it_begins_to_read_can_write(store: &Store) {
    // How often it has to wait for its turn and for the server differs; all places are met in a few rounds.
    let mut given_up = 0;
    for (round, polls) in (1..=6).cycle().take(30).enumerate() {
        given_up += usize::from(given_up_after(polls, store.read()).await.is_none());
        add(store, &format!("after{round}")).await.unwrap();
    }
    assert!(given_up > 0, "it never had to wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_hangs_up_while_it_begins_leaves_a_connection_that_can_write_on_postgres() {
    let url = tokio::task::spawn_blocking(|| Postgres::shared().fresh_database()).await.unwrap();
    // One connection: the next to ask gets the one that was given up.
    let store = Store::Postgres(PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap());
    store.migrate().await.unwrap();
    a_connection_given_up_while_it_begins_to_read_can_write(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_hangs_up_while_it_begins_leaves_a_connection_that_can_write_on_sqlite() {
    a_connection_given_up_while_it_begins_to_read_can_write(&sqlite().await.store).await;
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
