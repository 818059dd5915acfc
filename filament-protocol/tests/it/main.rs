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
mod strategy;
mod text;
mod timestamp;
