//! The layout of the store, by version.

use super::database::{Answer, Work};

/// How a store comes to each version from the one before: in SQLite, and in PostgreSQL. What is shipped stays as it is.
const STEPS: &[(&str, &str)] = &[(
    include_str!("schema/1.sqlite.sql"),
    include_str!("schema/1.postgres.sql"),
)];

/// The version that this program reads and writes.
pub(super) const KNOWN: i64 = 1;
const _: () = assert!(STEPS.len() == 1, "the steps lead to the known version");

/// The version of a store; none where there is no store yet.
pub(super) async fn version(work: &mut Work<'_>) -> Answer<Option<i64>> {
    let there = work.words(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'store_version'",
        "SELECT COUNT(*) FROM information_schema.tables
         WHERE table_name = 'store_version' AND table_schema = ANY (current_schemas(false))",
    );
    match work.row(there, &[]).await? {
        Some(row) if row.int(0)? > 0 => {}
        _ => return Ok(None),
    }
    let row = work.row("SELECT version FROM store_version", &[]).await?;
    row.map(|row| row.int(0)).transpose()
}

/// Brings a store to the version of this program; of two that do it at a time the second finds it done.
pub(super) async fn bring_up(work: &mut Work<'_>) -> Answer<Option<i64>> {
    // A number of our own: nobody else makes tables while this is held.
    work.either("", "SELECT pg_advisory_xact_lock(7235419)").await?;
    let found = version(work).await?;
    let done = usize::try_from(found.unwrap_or(0)).unwrap_or(usize::MAX);
    for (sqlite, postgres) in STEPS.iter().skip(done) {
        work.either(sqlite, postgres).await?;
    }
    version(work).await
}
