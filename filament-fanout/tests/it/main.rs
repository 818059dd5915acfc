//! Delivery as an embedder sees it: a store in memory, real tasks, transports in memory that stall and break.

mod delivery;
mod ending;
mod failures;
mod forms;
mod harness;
mod resume;
mod slow_readers;
