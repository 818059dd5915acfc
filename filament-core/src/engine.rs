//! Runs commands and reads against a store: plan, decide, seal, commit.

use filament_protocol::{GuildId, UserId, Username, rest::SearchReconciled};

use crate::{
    actor::Actor,
    decide::{Command, Limits},
    decision::seal,
    denial::Denial,
    facts::{FactPlan, Facts},
    permission::Granted,
    port::{Committed, SearchIndex, Store, TransactError},
    profile::{ImageKind, StoredImage},
    query::{Credentials, Page, Query},
    read::{MaintainSearch, Read},
    voice::VoiceRecord,
};

/// The way into a store. Cheap to clone if the store is.
#[derive(Clone, Debug)]
pub struct Engine<S> {
    store: S,
    limits: Limits,
}

impl<S: Store> Engine<S> {
    /// An engine over a store.
    #[must_use]
    pub const fn new(store: S, limits: Limits) -> Self {
        Self { store, limits }
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Decides and commits one command.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn execute<C: Command>(
        &self,
        caller: C::Caller,
        command: C,
    ) -> Result<Committed<C::Reply>, TransactError<S::Error>> {
        let limits = self.limits;
        let plan = command.plan(caller);
        let decide = move |facts: &Facts| {
            let decision = command.decide(caller, facts, &limits)?;
            seal(decision, facts, limits.event_bytes_max)
        };
        self.store.transact(plan, decide).await
    }

    /// Reads.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn read<Q: Read>(&self, actor: Actor, read: Q) -> Result<Q::Answer, TransactError<S::Error>> {
        let gate = read.clone();
        let (facts, page) =
            self.store.query(read.plan(actor), read.query(actor), move |facts| gate.gate(actor, facts)).await?;
        Ok(read.answer(actor, &facts, page)?)
    }

    /// Reads without a caller: what logging in needs before anybody is known.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn credentials(&self, username: Username) -> Result<Option<Credentials>, TransactError<S::Error>> {
        let (_, page) = self
            .store
            .query(FactPlan::default(), Query::Credentials(username), |_| Ok(Granted::by_credential()))
            .await?;
        match page {
            Page::Credentials(credentials) => Ok(credentials),
            _ => Err(Denial::Unplanned("credentials").into()),
        }
    }

    /// Reads which image a user has, without a caller: images are public (§9.4).
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn image(
        &self,
        user_id: UserId,
        kind: ImageKind,
    ) -> Result<Option<StoredImage>, TransactError<S::Error>> {
        let query = Query::Image(user_id, kind);
        let (_, page) = self.store.query(FactPlan::default(), query, |_| Ok(Granted::to_everyone())).await?;
        match page {
            Page::Image(image) => Ok(image),
            _ => Err(Denial::Unplanned("image").into()),
        }
    }

    /// Reads the stays in voice channels that were kept: what a server begins with (VOI-8).
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn stays(&self) -> Result<Vec<VoiceRecord>, TransactError<S::Error>> {
        let granted = |_: &Facts| Ok(Granted::to_everyone());
        match self.store.query(FactPlan::default(), Query::Stays, granted).await? {
            (_, Page::Stays(stays)) => Ok(stays),
            _ => Err(Denial::Unplanned("stays").into()),
        }
    }
}

impl<S: SearchIndex> Engine<S> {
    /// Builds the search index of a guild anew.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn rebuild_search(&self, actor: Actor, guild_id: GuildId) -> Result<(), TransactError<S::Error>> {
        let granted = self.read(actor, MaintainSearch { guild_id }).await?;
        self.store.rebuild(guild_id, granted).await
    }

    /// Compares the search index of a guild with its messages and repairs it.
    ///
    /// # Errors
    /// [`TransactError`].
    pub async fn reconcile_search(
        &self,
        actor: Actor,
        guild_id: GuildId,
    ) -> Result<SearchReconciled, TransactError<S::Error>> {
        let granted = self.read(actor, MaintainSearch { guild_id }).await?;
        self.store.reconcile(guild_id, granted).await
    }
}
