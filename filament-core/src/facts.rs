//! What a decision may look at: a plan names the rows, the store loads them in the deciding transaction, facts answer from them.

mod address;
mod guild;
mod message;
mod need;
mod people;
mod session;

pub use message::{ReactionState, Remembered, StoredMessage};
pub use need::{Fact, Need};
pub use people::User;
pub use session::{LiveSessions, Rotation, SessionState};

use filament_protocol::Timestamp;

use crate::{denial::Denial, limits::NEEDS_PER_PLAN_MAX, stamp::Stamp};

/// The rows one decision may look at. Deciding never waits: what is not planned is not there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FactPlan {
    needs: Vec<Need>,
}

impl FactPlan {
    /// A plan for these needs.
    ///
    /// # Panics
    /// With more than `NEEDS_PER_PLAN_MAX`: plans are written in this crate, and none is that long.
    #[must_use]
    pub fn of(needs: impl IntoIterator<Item = Need>) -> Self {
        let needs: Vec<Need> = needs.into_iter().collect();
        assert!(needs.len() <= NEEDS_PER_PLAN_MAX, "a plan is bounded");
        Self { needs }
    }

    /// What is needed, in the order facts must come.
    #[must_use]
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }
}

/// What a decision knows: its stamp and the planned facts, loaded in one transaction.
#[derive(Clone, Debug)]
pub struct Facts {
    stamp: Stamp,
    known: Vec<(Need, Fact)>,
}

impl Facts {
    /// Joins a plan with the facts a store loaded for it, in the same order.
    ///
    /// # Panics
    /// When the store loaded another number of facts than the plan needs: a defect of that store.
    #[must_use]
    pub fn new(stamp: Stamp, plan: FactPlan, facts: Vec<Fact>) -> Self {
        assert_eq!(plan.needs.len(), facts.len(), "one fact per need");
        Self { stamp, known: plan.needs.into_iter().zip(facts).collect() }
    }

    /// The moment and the ids of this decision.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// A planned count.
    ///
    /// # Errors
    /// [`Denial::Unplanned`].
    pub fn count(&self, need: &Need) -> Result<u64, Denial> {
        match self.find(need)? {
            Fact::Count(count) => Ok(*count),
            _ => Err(Denial::Unplanned("count")),
        }
    }

    fn time(&self, need: &Need) -> Result<Option<Timestamp>, Denial> {
        match self.find(need)? {
            Fact::Time(time) => Ok(*time),
            _ => Err(Denial::Unplanned("time")),
        }
    }

    fn find(&self, need: &Need) -> Result<&Fact, Denial> {
        let found = self.known.iter().find(|(known, _)| known == need);
        found.map(|(_, fact)| fact).ok_or(Denial::Unplanned("fact"))
    }
}
