//! The contract of the wire, rule by rule, through the public interface only.

mod body;
mod close;
mod command;
mod envelope;
mod error;
mod event;
mod id;
#[cfg(feature = "markdown")]
mod markdown;
mod patch;
mod permission;
mod property;
mod query;
#[cfg(feature = "schema")]
mod schema;
mod shape;
mod strategy;
mod text;
mod timestamp;
mod vectors;
