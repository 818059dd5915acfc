//! Core's ports: transactions and queries, the journal, and who may do what.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use filament_core::{
    AccessSource, Committed, Denial, Entry, FactPlan, Facts, Journal, Page, Position, Query, Sealed, Seq, Store,
    TransactError, UserAccess,
    permission::{Granted, GuildGraph},
    read::MessageSearch,
};
use filament_protocol::{GuildId, SessionId, UserId};
use rusqlite::Connection;

use super::SqliteStore;
use crate::{
    error::StoreError,
    graph_cache::GraphSource,
    graph_rows, job,
    journal::{self, Found},
    load, page, revisions, search,
    writer::Item,
};

impl Store for SqliteStore {
    type Error = StoreError;

    async fn transact<R, F>(&self, plan: FactPlan, decide: F) -> Result<Committed<R>, TransactError<StoreError>>
    where
        R: Send + 'static,
        F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static,
    {
        let (job, reply) = job::job(plan, decide);
        self.send(Item::Job(job))?;
        reply.await.unwrap_or(Err(TransactError::Failed(StoreError::Closed)))
    }

    async fn query<F>(&self, plan: FactPlan, query: Query, gate: F) -> Result<(Facts, Page), TransactError<StoreError>>
    where
        F: Fn(&Facts) -> Result<Granted, Denial> + Send + 'static,
    {
        let query = match query {
            Query::Search(search) => return self.search(plan, *search, gate).await,
            other => other,
        };
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &Connection| {
            let facts = load::facts(connection, &mut &shared.graphs, plan, shared.read_stamp())?;
            if let Err(denial) = gate(&facts) {
                return Ok(Err(denial));
            }
            let page = page::page(connection, query, facts.stamp().now())?;
            Ok(Ok((facts, page)))
        };
        let read = self.lanes().map_err(TransactError::Failed)?.pages.try_read(read).await?;
        Ok(read?)
    }
}

impl SqliteStore {
    /// A search has a reader of its own and a bounded time.
    async fn search(
        &self,
        plan: FactPlan,
        wanted: MessageSearch,
        gate: impl Fn(&Facts) -> Result<Granted, Denial> + Send + 'static,
    ) -> Result<(Facts, Page), TransactError<StoreError>> {
        let shared = Arc::clone(&self.inner.shared);
        let time_max = self.inner.search_time_max;
        let read = move |connection: &Connection| {
            let facts = load::facts(connection, &mut &shared.graphs, plan, shared.read_stamp())?;
            let channels = match gate(&facts).and_then(|_granted| wanted.channels(&facts)) {
                Ok(channels) => channels,
                Err(denial) => return Ok(Err(denial)),
            };
            let cap = search::TimeCap::start(connection, time_max)?;
            let page = search::find(connection, &wanted, &channels);
            drop(cap);
            Ok(Ok((facts, page?)))
        };
        match self.lanes().map_err(TransactError::Failed)?.search.try_read(read).await {
            Ok(read) => Ok(read?),
            Err(TransactError::Failed(error)) if error.is_interruption() => Err(TransactError::Busy),
            Err(error) => Err(error),
        }
    }
}

impl Journal for SqliteStore {
    type Error = StoreError;

    fn head(&self) -> Position {
        self.inner.shared.tail.head()
    }

    fn oldest(&self) -> Seq {
        self.inner.shared.tail.oldest()
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        self.inner.shared.tail.wait_past(seq).await
    }

    async fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Result<Vec<Arc<Entry>>, StoreError> {
        match self.inner.shared.tail.after(seq, entries_max) {
            Found::Entries(entries) => Ok(entries),
            Found::Older => {
                let read = move |connection: &Connection| journal::read_after(connection, seq, entries_max.get());
                self.lanes()?.journal.read(read).await
            }
        }
    }

    fn age(&self, seq: Seq) -> Option<Duration> {
        self.inner.shared.tail.age(seq)
    }
}

impl AccessSource for SqliteStore {
    type Error = StoreError;

    async fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Result<UserAccess, StoreError> {
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &Connection| {
            let memberships = graph_rows::memberships_of(connection, user_id)?;
            let mut graphs = Vec::new();
            for (guild_id, _) in memberships.iter().filter(|(guild_id, _)| !known.contains(guild_id)) {
                graphs.extend((&shared.graphs).graph(connection, *guild_id)?);
            }
            let session =
                load::session(connection, session_id)?.filter(|session| session.user_id == user_id && !session.ended);
            let token_expires_at = session.map(|session| session.token_expires_at);
            let access_rev = revisions::of(connection, user_id)?;
            Ok(UserAccess { seq: journal::head(connection)?, token_expires_at, access_rev, memberships, graphs })
        };
        self.lanes()?.pages.read(read).await
    }

    async fn load_guild(&self, guild_id: GuildId) -> Result<(Seq, Option<Arc<GuildGraph>>), StoreError> {
        let shared = Arc::clone(&self.inner.shared);
        let read = move |connection: &Connection| {
            Ok((journal::head(connection)?, (&shared.graphs).graph(connection, guild_id)?))
        };
        self.lanes()?.journal.read(read).await
    }
}
