//! The store over its public interface.

mod access;
mod bounds;
mod journal;
mod opening;
mod people;
mod ports;
mod revisions;
mod scene;
mod upkeep;
