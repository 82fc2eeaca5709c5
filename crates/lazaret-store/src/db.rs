//! The thin layer over the database: connections, transactions, and reading rows into model types.

mod dialect;
mod migrate;
mod pool;

use lazaret_model::{Digest, ImageState, Repository, Tag, Timestamp};
use rusqlite::{Connection, OptionalExtension, Params, Row, types::Type};

pub(crate) use pool::{Pool, Tx};

use crate::StoreError;

/// The states that a plain reader is served, as SQL. A test holds it against `ImageState::is_served`.
pub(crate) const SERVED_STATES: &str = "('approved', 'due', 'pre-gate')";

/// The one row of a query, or none.
pub(crate) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// Every row of a query.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Runs a statement; returns how many rows it changed.
pub(crate) fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// A text column in a form of ours. What does not parse was not written by us: the row is damaged.
pub(crate) fn parsed<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    parse(text).ok_or_else(|| bad_value(column, text))
}

/// As [`parsed`], for a column that may be NULL.
pub(crate) fn parsed_option<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => parse(text).map(Some).ok_or_else(|| bad_value(column, text)),
    }
}

fn bad_value(column: usize, text: &str) -> rusqlite::Error {
    let message = format!("value {:?} is not understood", text.chars().take(100).collect::<String>());
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, message.into())
}

pub(crate) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    parsed(row, column, |t| Digest::parse(t).ok())
}

pub(crate) fn digest_option(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Digest>> {
    parsed_option(row, column, |t| Digest::parse(t).ok())
}

pub(crate) fn repository(row: &Row<'_>, column: usize) -> rusqlite::Result<Repository> {
    parsed(row, column, |t| Repository::parse(t).ok())
}

pub(crate) fn tag(row: &Row<'_>, column: usize) -> rusqlite::Result<Tag> {
    parsed(row, column, |t| Tag::parse(t).ok())
}

pub(crate) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<ImageState> {
    parsed(row, column, |t| t.parse().ok())
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let millis: i64 = row.get(column)?;
    Timestamp::from_millis(millis).ok_or(rusqlite::Error::IntegralValueOutOfRange(column, millis))
}

pub(crate) fn time_option(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    match row.get::<_, Option<i64>>(column)? {
        None => Ok(None),
        Some(_) => time(row, column).map(Some),
    }
}

/// A size or count; never negative.
pub(crate) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// As a column holds it. Sizes above 2^63 do not occur; one would read back as damaged, not as something else.
pub(crate) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(-1)
}

/// For `LIMIT`.
pub(crate) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn served_states_are_those_of_the_model() {
        let names: Vec<_> =
            ImageState::ALL.into_iter().filter(|s| s.is_served()).map(|s| format!("'{}'", s.name())).collect();
        assert_eq!(SERVED_STATES, format!("({})", names.join(", ")));
    }
}
