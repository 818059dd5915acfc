//! Rebuilding and reconciling the entries of a guild (SEA-6): readers look, the writer writes, in steps that other commands go between.

use filament_core::{SearchIndex, TransactError, permission::Granted};
use filament_protocol::{ChannelId, GuildId, rest::SearchReconciled};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::repair::{Faults, faults, refresh, repair};
use crate::{
    error::StoreError,
    limits::{REFRESHED_MESSAGES, REPAIRED_ENTRIES},
    row::{Key, id, key},
    sql,
    store::SqliteStore,
    writer::Item,
};

type Outcome<T> = std::result::Result<T, TransactError<StoreError>>;

impl SearchIndex for SqliteStore {
    async fn rebuild(&self, guild_id: GuildId, granted: Granted) -> Outcome<()> {
        for channel_id in self.channels_of(guild_id).await? {
            let mut last: Option<Key> = Some([0; 16]);
            while let Some(after) = last {
                let step =
                    move |transaction: &Transaction<'_>| refresh(transaction, channel_id, after, REFRESHED_MESSAGES);
                last = self.between_commands(step).await?;
            }
        }
        self.reconcile(guild_id, granted).await.map(drop)
    }

    async fn reconcile(&self, guild_id: GuildId, _: Granted) -> Outcome<SearchReconciled> {
        let mut reconciled = SearchReconciled { upserted: 0, deleted: 0 };
        for channel_id in self.channels_of(guild_id).await? {
            let mut more = true;
            while more {
                let look = move |connection: &Connection| Ok(faults(connection, channel_id)?);
                let mut found: Faults = self.lanes().map_err(TransactError::Failed)?.upkeep.try_read(look).await?;
                more = found.more;
                while !found.faults.is_empty() {
                    let some = found.faults.split_off(found.faults.len().saturating_sub(REPAIRED_ENTRIES));
                    let step = move |transaction: &Transaction<'_>| repair(transaction, channel_id, &some);
                    let (upserted, deleted) = self.between_commands(step).await?;
                    reconciled.upserted += upserted;
                    reconciled.deleted += deleted;
                }
            }
        }
        if (reconciled.upserted, reconciled.deleted) != (0, 0) {
            tracing::warn!(%guild_id, ?reconciled, "the search index of a guild was repaired");
        }
        Ok(reconciled)
    }
}

impl SqliteStore {
    async fn channels_of(&self, guild_id: GuildId) -> Outcome<Vec<ChannelId>> {
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(sql::GUILD_CHANNELS)?;
            let ids = statement.query_map([key(guild_id)], |row| id(row, 0))?.collect::<Result<Vec<ChannelId>>>()?;
            Ok(ids)
        };
        self.lanes().map_err(TransactError::Failed)?.upkeep.try_read(read).await
    }

    /// Runs a short transaction of the writer's between two groups of commands.
    async fn between_commands<T: Send + 'static>(
        &self,
        step: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        let (caller, reply) = oneshot::channel();
        let run = move |connection: &mut Connection| {
            let outcome =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
                    let outcome = step(&transaction)?;
                    transaction.commit()?;
                    Ok(outcome)
                });
            drop(caller.send(outcome.map_err(StoreError::from)));
        };
        self.send(Item::Upkeep(Box::new(run)))?;
        let outcome = reply.await.map_err(|_| TransactError::Failed(StoreError::Panicked))?;
        outcome.map_err(StoreError::into_write_error)
    }
}
