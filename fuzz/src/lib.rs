//! What the fuzz targets hold true of every input, one module per target. `docs/FUZZING.md` says how to run them.

pub mod body;
pub mod command;
pub mod cursor;
mod document;
pub mod event;
pub mod frames;
pub mod markdown;
pub mod sealed;
mod search;
