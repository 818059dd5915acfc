//! Commands: what a caller wants, which facts the decision needs, and the pure decision. One file per family.

pub mod account;
pub mod channel;
pub mod guild;
pub mod message;
pub mod reaction;

use crate::{decision::Decision, denial::Denial, facts::FactPlan, facts::Facts};

/// Bounds an operator may set (contract §16.1); the defaults are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of a durable event, bytes, 256..=64512 (`FILAMENT_GATEWAY_EVENT_BYTES_MAX`).
    pub event_bytes_max: usize,
    /// Guilds one user may create and not delete (`FILAMENT_MAX_CREATED_GUILDS_PER_USER`).
    pub created_guilds_per_user_max: u64,
    /// Members of one guild (`FILAMENT_GUILD_MEMBERS_MAX`).
    pub guild_members_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event_bytes_max: filament_protocol::limits::EVENT_BYTES_MAX,
            created_guilds_per_user_max: 100,
            guild_members_max: 10_000,
        }
    }
}

/// A command: a typed, validated intent.
pub trait Command: Clone + Send + 'static {
    /// Who may send it: [`Actor`](crate::Actor) or [`Anonymous`](crate::Anonymous).
    type Caller: Copy + Send + 'static;
    /// What the caller gets.
    type Reply: Send + 'static;

    /// The facts the decision looks at.
    fn plan(&self, caller: Self::Caller) -> FactPlan;

    /// Decides, on planned facts only: no clock, no randomness, no waiting.
    ///
    /// # Errors
    /// [`Denial`]: then nothing happens at all (EMI-3).
    fn decide(&self, caller: Self::Caller, facts: &Facts, limits: &Limits) -> Result<Decision<Self::Reply>, Denial>;
}
