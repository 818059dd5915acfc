//! The store over its public interface.

mod access;
mod attachments;
mod bounds;
mod journal;
mod opening;
mod people;
mod ports;
mod revisions;
mod scene;
mod upkeep;
