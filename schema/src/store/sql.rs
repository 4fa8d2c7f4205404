//! The few shapes in which statements are run. Every statement is one text for both databases.

/// Runs a statement; how many rows it touched.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::tx::on_backend!($tx, conn, Db => {
            sqlx::query::<Db>($sql)$(.bind($arg))*.execute(conn).await.map(|done| done.rows_affected())
        }).map_err($crate::store::StoreError::from)
    };
}
pub(crate) use execute;

/// Runs a query; all rows.
macro_rules! all {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::tx::on_backend!($tx, conn, Db => {
            sqlx::query_as::<Db, _>($sql)$(.bind($arg))*.fetch_all(conn).await
        }).map_err($crate::store::StoreError::from)
    };
}
pub(crate) use all;

/// Runs a query; its row, if there is one.
macro_rules! optional {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::tx::on_backend!($tx, conn, Db => {
            sqlx::query_as::<Db, _>($sql)$(.bind($arg))*.fetch_optional(conn).await
        }).map_err($crate::store::StoreError::from)
    };
}
pub(crate) use optional;

/// Runs a query that always has exactly one row.
macro_rules! one {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::tx::on_backend!($tx, conn, Db => {
            sqlx::query_as::<Db, _>($sql)$(.bind($arg))*.fetch_one(conn).await
        }).map_err($crate::store::StoreError::from)
    };
}
pub(crate) use one;

/// Builds a statement whose length depends on the input, then runs it with `fetch_all`.
macro_rules! built {
    ($tx:expr, $query:ident => $fill:block) => {
        $crate::store::tx::on_backend!($tx, conn, Db => {
            let mut $query = sqlx::QueryBuilder::<Db>::new("");
            $fill
            $query.build_query_as().fetch_all(conn).await
        }).map_err($crate::store::StoreError::from)
    };
}
pub(crate) use built;

/// Inserts many rows with few statements: `$fill` binds the columns of one row.
macro_rules! insert_many {
    ($tx:expr, $into:expr, $rows:expr, |$tuple:ident, $row:ident| $fill:block) => {
        async {
            for chunk in $rows.chunks($crate::store::sql::ROWS_PER_STATEMENT) {
                $crate::store::tx::on_backend!(&mut *$tx, conn, Db => {
                    let mut query = sqlx::QueryBuilder::<Db>::new($into);
                    query.push_values(chunk, |mut $tuple, $row| $fill);
                    query.build().execute(conn).await.map(|_| ())
                }).map_err($crate::store::StoreError::from)?;
            }
            Ok::<(), $crate::store::StoreError>(())
        }.await
    };
}
pub(crate) use insert_many;

/// Rows of one multi-row insert: both databases bound the number of `$n` (32,766 and 65,535), our widest table has
/// some thirty columns.
pub(crate) const ROWS_PER_STATEMENT: usize = 500;

/// A statement of change must have touched its one row, found by id and version.
pub(crate) fn touched(rows: u64) -> Result<(), super::StoreError> {
    if rows == 1 { Ok(()) } else { Err(super::StoreError::Stale) }
}

/// `%key%` with the wildcards of LIKE taken literally (`ESCAPE '!'`), for a search that ignores accents and case.
pub(crate) fn containing(text: Option<&str>) -> Option<String> {
    let key = crate::text::search_key(text?);
    if key.is_empty() {
        return None;
    }
    let literal = key.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    Some(format!("%{literal}%"))
}
