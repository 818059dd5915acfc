//! What a store is tested against: an in-memory store and the conformance suite every store must pass. Behind the feature `testing`.

mod agreement;
mod conformance;
mod history;
mod memory;
mod people;
mod search;
mod state;
mod way_back;

pub use agreement::check_agreement;
pub use conformance::{Cast, check_conformance};
pub use history::History;
pub use memory::{MemoryError, MemoryStore};
pub use way_back::check_way_back;
