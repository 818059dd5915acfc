//! The store over its public interface.

mod access;
mod bounds;
mod journal;
mod opening;
mod ports;
mod revisions;
mod scene;
mod upkeep;
