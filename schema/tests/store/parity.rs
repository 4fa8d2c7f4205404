//! The migrations of both databases make the same tables.

use std::collections::BTreeSet;
use std::path::Path;

use schema::store::Store;

use crate::support::{postgres, sqlite};

/// Table, column, type in common words, may it be NULL.
type Column = (String, String, &'static str, bool);

fn common(sql_type: &str) -> &'static str {
    match sql_type.to_ascii_lowercase().as_str() {
        "blob" | "uuid" | "bytea" => "bytes",
        "integer" | "bigint" | "boolean" => "integer",
        "text" => "text",
        _ => "neither",
    }
}

async fn sqlite_columns() -> BTreeSet<Column> {
    let world = sqlite().await;
    let Store::Sqlite { write, .. } = &world.store else { panic!("not SQLite") };
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 FROM sqlite_schema t JOIN pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations'",
    )
    .fetch_all(write)
    .await
    .unwrap();
    rows.into_iter().map(|(table, column, kind, null)| (table, column, common(&kind), null)).collect()
}

async fn postgres_columns() -> BTreeSet<Column> {
    let world = postgres().await;
    let Store::Postgres(pool) = &world.store else { panic!("not PostgreSQL") };
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    rows.into_iter().map(|(table, column, kind, null)| (table, column, common(&kind), null)).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (one, other) = (sqlite_columns().await, postgres_columns().await);
    assert!(one.len() > 100);
    assert_eq!(one.difference(&other).collect::<Vec<_>>(), other.difference(&one).collect::<Vec<_>>());
    assert!(one.iter().all(|(_, _, kind, _)| *kind != "neither"), "{one:?}");
}

#[test]
fn both_databases_have_migrations_of_the_same_numbers_and_names() {
    let names = |folder: &str| -> BTreeSet<_> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[tokio::test]
async fn every_table_of_sqlite_is_strict() {
    let world = sqlite().await;
    let Store::Sqlite { write, .. } = &world.store else { panic!("not SQLite") };
    let lax: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
             AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(write)
    .await
    .unwrap();
    assert_eq!(lax, []);
}
