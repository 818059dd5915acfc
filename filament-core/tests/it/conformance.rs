//! The in-memory store passes the suite every store must pass.

use filament_core::testing::{MemoryStore, check_agreement, check_conformance, check_way_back};

use crate::now;

/// Proves EMI-1, EMI-3, MSG-1, MSG-4, AUT-22, ORD-6 for the core's decisions over the in-memory store.
#[test]
fn memory_store_conforms() {
    now(check_conformance(MemoryStore::at(1_700_000_000_000)));
}

/// Proves that the same commands come to the same on two stores, whatever their clocks say.
#[test]
fn memory_stores_with_different_clocks_agree() {
    for seed in 0..20 {
        now(check_agreement(MemoryStore::at(1_700_000_000_000), MemoryStore::at(5_000), seed, 300));
    }
}

/// Proves that what an entry says it replaced leads back over it, as RES-13 needs.
#[test]
fn stepping_back_over_the_journal_leads_to_what_there_was() {
    for seed in 0..20 {
        now(check_way_back(MemoryStore::at(1_700_000_000_000), seed, 250));
    }
}
