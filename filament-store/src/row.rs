//! Values in rows: ids, times, words, bounded text. What does not fit its type is an error of the row, never a default.

use std::{error::Error, fmt::Display};

use filament_core::{Address, BlobName, Rotation};
use filament_protocol::{Id, Permissions, Timestamp};
use rusqlite::{Error as SqliteError, Result, Row, types::Type};
use thiserror::Error as ThisError;

/// An id as it is stored.
pub(crate) type Key = [u8; 16];

/// Above every id: where a walk from the newest begins.
pub(crate) const KEY_MAX: Key = [0xFF; 16];

/// Bytes of one stored rotation.
const ROTATION_BYTES: usize = 12;

#[derive(Debug, ThisError)]
#[error("{0}")]
struct Misfit(String);

fn misfit(column: usize, kind: Type, reason: impl Display) -> SqliteError {
    let boxed: Box<dyn Error + Send + Sync> = Box::new(Misfit(reason.to_string()));
    SqliteError::FromSqlConversionFailure(column, kind, boxed)
}

/// A blob that is not what it has to be.
pub(crate) fn misfit_blob(column: usize, reason: impl Display) -> SqliteError {
    misfit(column, Type::Blob, reason)
}

pub(crate) const fn key<K>(id: Id<K>) -> Key {
    id.as_u128().to_be_bytes()
}

pub(crate) fn optional_key<K>(id: Option<Id<K>>) -> Option<Key> {
    id.map(key)
}

pub(crate) fn id<K>(row: &Row<'_>, column: usize) -> Result<Id<K>> {
    Ok(Id::from_u128(u128::from_be_bytes(row.get(column)?)))
}

pub(crate) fn optional_id<K>(row: &Row<'_>, column: usize) -> Result<Option<Id<K>>> {
    Ok(row.get::<_, Option<Key>>(column)?.map(|bytes| Id::from_u128(u128::from_be_bytes(bytes))))
}

/// The name of a file as it is stored.
pub(crate) const fn blob_key(name: BlobName) -> Key {
    name.bits().to_be_bytes()
}

pub(crate) fn blob_name(row: &Row<'_>, column: usize) -> Result<BlobName> {
    Ok(BlobName::from_bits(u128::from_be_bytes(row.get(column)?)))
}

/// A client's address.
pub(crate) fn address(row: &Row<'_>, column: usize) -> Result<Address> {
    Ok(Address::from_bits(u128::from_be_bytes(row.get(column)?)))
}

/// A count or a time as SQLite's signed integer; both stay below 2^53.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn secs(time: Timestamp) -> i64 {
    signed(time.as_secs())
}

pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|error| misfit(column, Type::Integer, error))
}

pub(crate) fn small<T: TryFrom<i64, Error: Display>>(row: &Row<'_>, column: usize) -> Result<T> {
    let value: i64 = row.get(column)?;
    T::try_from(value).map_err(|error| misfit(column, Type::Integer, error))
}

pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    unsigned(row, column).and_then(|secs| Timestamp::new(secs).ok_or_else(|| misfit(column, Type::Integer, "no time")))
}

pub(crate) fn optional_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    match row.get::<_, Option<i64>>(column)? {
        Some(_) => time(row, column).map(Some),
        None => Ok(None),
    }
}

/// Bounded text; its rule holds for what is stored as for what arrives (TXT-1).
pub(crate) fn text<T: TryFrom<String, Error: Display>>(row: &Row<'_>, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    T::try_from(text).map_err(|error| misfit(column, Type::Text, error))
}

pub(crate) fn optional_text<T: TryFrom<String, Error: Display>>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    match row.get::<_, Option<String>>(column)? {
        Some(text) => T::try_from(text).map(Some).map_err(|error| misfit(column, Type::Text, error)),
        None => Ok(None),
    }
}

/// A word of a closed set.
pub(crate) fn word<T>(row: &Row<'_>, column: usize, from_name: fn(&str) -> Option<T>) -> Result<T> {
    let name = row.get_ref(column)?.as_str()?;
    from_name(name).ok_or_else(|| misfit(column, Type::Text, name))
}

pub(crate) fn optional_word<T>(row: &Row<'_>, column: usize, from_name: fn(&str) -> Option<T>) -> Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(name) => from_name(name).map(Some).ok_or_else(|| misfit(column, Type::Text, name)),
        None => Ok(None),
    }
}

pub(crate) fn permissions(row: &Row<'_>, column: usize) -> Result<Permissions> {
    let bits: u16 = row.get(column)?;
    Permissions::from_bits(bits).ok_or_else(|| misfit(column, Type::Integer, bits))
}

/// Rotations as one blob, oldest first.
pub(crate) fn rotations_blob(rotations: &[Rotation]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(rotations.len() * ROTATION_BYTES);
    for rotation in rotations {
        blob.extend_from_slice(&rotation.generation.to_be_bytes());
        blob.extend_from_slice(&rotation.at.as_secs().to_be_bytes());
    }
    blob
}

pub(crate) fn rotations(row: &Row<'_>, column: usize) -> Result<Vec<Rotation>> {
    let blob = row.get_ref(column)?.as_blob()?;
    let (parts, rest) = blob.as_chunks::<ROTATION_BYTES>();
    if !rest.is_empty() {
        return Err(misfit(column, Type::Blob, "no whole rotations"));
    }
    parts.iter().map(|part| rotation(part).ok_or_else(|| misfit(column, Type::Blob, "no rotation"))).collect()
}

fn rotation(part: &[u8; ROTATION_BYTES]) -> Option<Rotation> {
    let generation = u32::from_be_bytes(*part.first_chunk()?);
    let at = Timestamp::new(u64::from_be_bytes(*part.last_chunk()?))?;
    Some(Rotation { generation, at })
}
