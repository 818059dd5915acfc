//! What a store is tested against: an in-memory store and the conformance suite every store must pass. Behind the feature `testing`.

mod agreement;
mod conformance;
mod memory;
mod people;
mod state;

pub use agreement::check_agreement;
pub use conformance::{Cast, check_conformance};
pub use memory::{MemoryError, MemoryStore};
