#![doc = include_str!("../README.md")]

mod apply;
mod attachments;
pub mod backup;
mod checkpoint;
mod chores;
mod config;
mod connect;
mod error;
mod failpoint;
mod graph_cache;
mod graph_rows;
mod integrity;
mod job;
mod journal;
pub mod limits;
mod lineage;
mod load;
mod migrate;
mod page;
mod people;
mod reactions;
mod reader;
mod revisions;
mod row;
mod search;
mod shared;
mod sql;
mod stats;
mod stays;
mod store;
mod writer;

pub use config::{StoreConfig, Synchronous, WallClock};
pub use error::{OpenError, SqliteFault, StoreError};
pub use stats::{Histogram, StoreStats};
pub use store::SqliteStore;
