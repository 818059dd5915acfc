//! The journal, and what a defect must not touch.

use super::{Cast, entries};
use crate::{Actor, Command, Decision, Denial, Engine, FactPlan, Facts, Journal, Limits, Seq, Store, TransactError};

/// A decision that panics: what a defect would be.
#[derive(Clone, Copy, Debug)]
struct Panics;

impl Command for Panics {
    type Caller = Actor;
    type Reply = ();

    fn plan(&self, _: Actor) -> FactPlan {
        FactPlan::default()
    }

    fn decide(&self, _: Actor, _: &Facts, _: &Limits) -> Result<Decision<()>, Denial> {
        panic!("a decision that panics, on purpose")
    }
}

pub(super) async fn panicking_decision_harms_nobody<S: Store + Journal>(engine: &Engine<S>, cast: &Cast) {
    let head = engine.store().head().seq;
    let failed = engine.execute(cast.owner, Panics).await;
    assert!(matches!(failed, Err(TransactError::Failed(_))), "a panic fails its own command");
    assert_eq!(engine.store().head().seq, head);
    cast.post(engine, cast.owner, "still here").await;
    assert_eq!(engine.store().head().seq, head + 1);
}

pub(super) async fn journal_is_dense_and_readable_in_pieces<S: Store + Journal>(engine: &Engine<S>) {
    let head = engine.store().head().seq;
    let all = entries(engine.store(), 0).await;
    let seqs: Vec<Seq> = all.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, (1..=head).collect::<Vec<_>>(), "ascending and gap-free");
    assert!(all.iter().all(|entry| !(entry.events.is_empty() && entry.access.is_empty())), "an entry says something");
    assert!(all.windows(2).all(|pair| pair[0].at <= pair[1].at), "ORD-7");
    assert_eq!(engine.store().wait_past(head - 1).await, head);
}
