//! The in-memory store: ports over [`State`](super::state::State), one lock, no clock of its own.

use std::{
    convert::Infallible,
    future::{Future, poll_fn, ready},
    num::NonZeroU16,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use filament_protocol::{GuildId, SessionId, UserId, rest::SearchReconciled};
use thiserror::Error;

use super::state::State;
use crate::{
    decision::Sealed,
    denial::Denial,
    entry::{Entry, Position, Seq},
    facts::{FactPlan, Facts},
    permission::{Granted, GuildGraph},
    port::{AccessSource, Committed, Journal, SearchIndex, Store, TransactError, UserAccess},
    query::{Page, Query},
};

/// A store in memory, for tests and for embedding without a disk. Clones share their state.
///
/// Its wall clock stands still until [`advance`](Self::advance) moves it.
#[derive(Clone, Debug)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    state: State,
    wakers: Vec<Waker>,
}

/// The only fault of a store in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the decision panicked")]
pub struct MemoryError;

impl MemoryStore {
    /// An empty store whose wall clock stands at `wall_ms` unix milliseconds.
    #[must_use]
    pub fn at(wall_ms: u64) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { state: State::at(wall_ms), wakers: Vec::new() })) }
    }

    /// Moves the wall clock on.
    pub fn advance(&self, ms: u64) {
        self.lock().state.wall_ms += ms;
    }

    /// The graph of a guild as stored.
    #[must_use]
    pub fn graph(&self, guild_id: GuildId) -> Option<Arc<GuildGraph>> {
        self.lock().state.guilds.get(&guild_id).cloned()
    }

    /// The actions of the audit log, oldest first.
    #[must_use]
    pub fn audit_actions(&self) -> Vec<&'static str> {
        self.lock().state.audit.iter().map(|record| record.action.name()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn transact_now<R>(
        &self,
        plan: FactPlan,
        decide: impl Fn(&Facts) -> Result<Sealed<R>, Denial>,
    ) -> Result<Committed<R>, TransactError<MemoryError>> {
        let mut shared = self.lock();
        let facts = shared.state.load(plan);
        let sealed =
            catch_unwind(AssertUnwindSafe(|| decide(&facts))).map_err(|_| TransactError::Failed(MemoryError))??;
        let (parts, outcome) = sealed.into_parts();
        let narrows = parts.access.iter().any(crate::AccessChange::narrows);
        let seq = shared.state.commit(parts);
        if seq.is_some() {
            shared.wakers.drain(..).for_each(Waker::wake);
        }
        match outcome {
            Ok(reply) => Ok(Committed { reply, seq, narrows }),
            Err(denial) => Err(TransactError::Denied { denial, seq }),
        }
    }
}

impl Store for MemoryStore {
    type Error = MemoryError;

    fn transact<R, F>(
        &self,
        plan: FactPlan,
        decide: F,
    ) -> impl Future<Output = Result<Committed<R>, TransactError<MemoryError>>> + Send
    where
        R: Send + 'static,
        F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static,
    {
        ready(self.transact_now(plan, decide))
    }

    fn query<F>(
        &self,
        plan: FactPlan,
        query: Query,
        gate: F,
    ) -> impl Future<Output = Result<(Facts, Page), TransactError<MemoryError>>> + Send
    where
        F: Fn(&Facts) -> Result<Granted, Denial> + Send + 'static,
    {
        let mut shared = self.lock();
        let facts = shared.state.load(plan);
        let page = gate(&facts).and_then(|_granted| match query {
            Query::Search(search) => shared.state.search(&search, &facts),
            other => Ok(shared.state.page(other, facts.stamp().now())),
        });
        ready(page.map(|page| (facts, page)).map_err(TransactError::from))
    }
}

/// Searches read the messages themselves: there is no index that could be wrong.
impl SearchIndex for MemoryStore {
    async fn rebuild(&self, _: GuildId, _: Granted) -> Result<(), TransactError<MemoryError>> {
        Ok(())
    }

    async fn reconcile(&self, _: GuildId, _: Granted) -> Result<SearchReconciled, TransactError<MemoryError>> {
        Ok(SearchReconciled { upserted: 0, deleted: 0 })
    }
}

impl Journal for MemoryStore {
    type Error = Infallible;

    fn head(&self) -> Position {
        Position { epoch: 1, seq: self.lock().state.head() }
    }

    fn wait_past(&self, seq: Seq) -> impl Future<Output = Seq> + Send {
        poll_fn(move |context| {
            let mut shared = self.lock();
            let head = shared.state.head();
            if head > seq {
                return Poll::Ready(head);
            }
            shared.wakers.push(context.waker().clone());
            Poll::Pending
        })
    }

    fn read_after(
        &self,
        seq: Seq,
        entries_max: NonZeroU16,
    ) -> impl Future<Output = Result<Vec<Arc<Entry>>, Infallible>> + Send {
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        let entries =
            self.lock().state.entries.iter().skip(from).take(usize::from(entries_max.get())).cloned().collect();
        ready(Ok(entries))
    }
}

impl AccessSource for MemoryStore {
    type Error = Infallible;

    fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> impl Future<Output = Result<UserAccess, Infallible>> + Send {
        ready(Ok(self.lock().state.user_access(user_id, session_id, &known)))
    }

    fn load_guild(
        &self,
        guild_id: GuildId,
    ) -> impl Future<Output = Result<(Seq, Option<Arc<GuildGraph>>), Infallible>> + Send {
        let shared = self.lock();
        ready(Ok((shared.state.head(), shared.state.guilds.get(&guild_id).cloned())))
    }
}
