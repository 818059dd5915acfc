//! The store over its public interface.

mod access;
mod attachments;
mod backup;
mod bounds;
mod journal;
mod opening;
mod people;
mod ports;
mod power_loss;
mod revisions;
mod scene;
mod search;
mod upkeep;
