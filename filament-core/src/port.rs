//! The seams others implement: where state lives, where the committed past is read, who may receive what.

use std::{error::Error, future::Future, num::NonZeroU16, sync::Arc, time::Duration};

use filament_protocol::{GuildId, SessionId, Timestamp, UserId, rest::SearchReconciled};
use thiserror::Error;

use crate::{
    decision::Sealed,
    denial::Denial,
    entry::{Entry, Position, Seq},
    facts::{FactPlan, Facts},
    permission::{Granted, GuildGraph, Membership},
    query::{Page, Query},
};

/// A store: one transaction per command, serialisable with every other.
pub trait Store: Send + Sync + 'static {
    /// The store's own faults, opaque to callers.
    type Error: Error + Send + Sync + 'static;

    /// Loads the plan's facts, decides, applies the sealed mutations with audit and journal entry, and commits, all in one transaction.
    ///
    /// `decide` may be called more than once. It is called on facts of this transaction only. A panic in it fails this command alone.
    ///
    /// # Errors
    /// [`TransactError`]; a refusal commits nothing unless the sealed outcome itself is one.
    fn transact<R, F>(
        &self,
        plan: FactPlan,
        decide: F,
    ) -> impl Future<Output = Result<Committed<R>, TransactError<Self::Error>>> + Send
    where
        R: Send + 'static,
        F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static;

    /// Reads facts and, if `gate` grants on them, a page, all from one snapshot that includes every commit answered before the call.
    ///
    /// # Errors
    /// [`TransactError`]; [`TransactError::Denied`] with the gate's refusal.
    fn query<F>(
        &self,
        plan: FactPlan,
        query: Query,
        gate: F,
    ) -> impl Future<Output = Result<(Facts, Page), TransactError<Self::Error>>> + Send
    where
        F: Fn(&Facts) -> Result<Granted, Denial> + Send + 'static;
}

/// The search index of a store, as something that can be looked after. It is no state of its own: whatever happens here changes no answer
/// but that of searches over a damaged index, so nobody is told of it.
pub trait SearchIndex: Store {
    /// Writes every entry of one guild anew, in steps between which others write, and loses nothing that is written meanwhile.
    ///
    /// # Errors
    /// [`TransactError`]; what was done until then stays.
    fn rebuild(
        &self,
        guild_id: GuildId,
        granted: Granted,
    ) -> impl Future<Output = Result<(), TransactError<Self::Error>>> + Send;

    /// Compares the entries of one guild with its messages and repairs what differs, in steps between which others write.
    ///
    /// # Errors
    /// [`TransactError`]; what was done until then stays.
    fn reconcile(
        &self,
        guild_id: GuildId,
        granted: Granted,
    ) -> impl Future<Output = Result<SearchReconciled, TransactError<Self::Error>>> + Send;
}

/// A committed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<R> {
    /// The answer.
    pub reply: R,
    /// Its journal entry, if it has one.
    pub seq: Option<Seq>,
    /// Whether its entry narrows somebody's access: the answer must wait for the fence (FEN-5).
    pub narrows: bool,
}

/// Why a command or a read did not happen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransactError<E> {
    /// The rules refuse it. `seq` names the entry of a refusal that left a trace.
    #[error("refused: {denial}")]
    Denied {
        /// Why.
        denial: Denial,
        /// The journal entry of the trace, if one was written.
        seq: Option<Seq>,
    },
    /// The writer's inbox or the readers' queue is full: try again shortly.
    #[error("the store is busy")]
    Busy,
    /// The disk is full or the database cannot be written; reads go on.
    #[error("the store cannot write")]
    ReadOnly(#[source] E),
    /// The store failed.
    #[error("the store failed")]
    Failed(#[source] E),
}

impl<E> From<Denial> for TransactError<E> {
    fn from(denial: Denial) -> Self {
        Self::Denied { denial, seq: None }
    }
}

/// The committed past, in order.
pub trait Journal: Send + Sync + 'static {
    /// The journal's own faults.
    type Error: Error + Send + Sync + 'static;

    /// The last committed entry; seq 0 before the first.
    fn head(&self) -> Position;

    /// The oldest entry that can still be read; above the head if there is none.
    fn oldest(&self) -> Seq {
        1
    }

    /// Completes when the head is past `seq`, with the head's seq. Spurious completions are allowed.
    fn wait_past(&self, seq: Seq) -> impl Future<Output = Seq> + Send;

    /// At most `entries_max` entries after `seq`, ascending and without a gap; empty at the head.
    ///
    /// # Errors
    /// When the journal cannot be read, or no longer holds the entry after `seq`.
    fn read_after(
        &self,
        seq: Seq,
        entries_max: NonZeroU16,
    ) -> impl Future<Output = Result<Vec<Arc<Entry>>, Self::Error>> + Send;

    /// How long ago an entry was committed, `None` if that is not known more finely than by the entry's stamp, as it need not be for any.
    /// Delivery and revocation times are measured from there.
    fn age(&self, seq: Seq) -> Option<Duration> {
        let _ = seq;
        None
    }
}

/// Where the access table learns what it does not know yet.
pub trait AccessSource: Send + Sync + 'static {
    /// The source's own faults.
    type Error: Error + Send + Sync + 'static;

    /// A user's memberships, the life of one of its sessions, and the graphs of those guilds that are not in `known`, all from one snapshot
    /// that includes every commit answered before the call.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> impl Future<Output = Result<UserAccess, Self::Error>> + Send;

    /// One guild's graph, `None` if it does not exist, with the seq it holds at.
    ///
    /// # Errors
    /// When it cannot be read.
    fn load_guild(
        &self,
        guild_id: GuildId,
    ) -> impl Future<Output = Result<(Seq, Option<Arc<GuildGraph>>), Self::Error>> + Send;
}

/// What one user may see, as of one journal position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAccess {
    /// The last entry this snapshot includes.
    pub seq: Seq,
    /// Expiry of the session's newest access token; `None` if the session has ended or never was.
    pub token_expires_at: Option<Timestamp>,
    /// How often the user's effective access has changed (RES-30).
    pub access_rev: u64,
    /// The user's memberships.
    pub memberships: Vec<(GuildId, Membership)>,
    /// Graphs of guilds the caller did not know.
    pub graphs: Vec<Arc<GuildGraph>>,
}
