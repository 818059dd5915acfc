//! Search over messages: an index of FTS5, written in the transactions that change messages (contract §14).

mod entries;
mod fill;
mod find;
mod letters;
mod purge;
mod repair;
mod upkeep;
mod words;

pub(crate) use entries::{Mark, Pending, Place};
pub(crate) use fill::fill;
pub(crate) use find::{TimeCap, find};
pub(crate) use purge::purge;
pub(crate) use repair::findings;
