//! The ports a fanout reads from, as one object: what they are made of does not show in the types of connections.

use std::{error::Error, future::Future, num::NonZeroU16, pin::Pin, sync::Arc, time::Duration};

use filament_core::{AccessSource, Entry, Journal, Seq, UserAccess, permission::GuildGraph};
use filament_protocol::{GuildId, SessionId, UserId};

/// A fault of the journal or the access source, opaque here.
pub(crate) type UpstreamError = Box<dyn Error + Send + Sync>;

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A guild's graph, if the guild exists, with the entry it holds at.
pub(crate) type GuildSnapshot = (Seq, Option<Arc<GuildGraph>>);

/// A journal and an access source. One call a batch or a connect: boxing the futures costs nothing that shows.
pub(crate) trait Upstream: Send + Sync {
    fn head(&self) -> Seq;
    fn oldest(&self) -> Seq;
    fn age(&self, seq: Seq) -> Option<Duration>;
    fn wait_past(&self, seq: Seq) -> Answer<'_, Seq>;
    fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Answer<'_, Result<Vec<Arc<Entry>>, UpstreamError>>;
    fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Answer<'_, Result<UserAccess, UpstreamError>>;
    fn load_guild(&self, guild_id: GuildId) -> Answer<'_, Result<GuildSnapshot, UpstreamError>>;
}

/// The two ports.
pub(crate) struct Ports<J, A> {
    pub(crate) journal: Arc<J>,
    pub(crate) access: Arc<A>,
}

impl<J: Journal, A: AccessSource> Upstream for Ports<J, A> {
    fn head(&self) -> Seq {
        self.journal.head().seq
    }

    fn oldest(&self) -> Seq {
        self.journal.oldest()
    }

    fn age(&self, seq: Seq) -> Option<Duration> {
        self.journal.age(seq)
    }

    fn wait_past(&self, seq: Seq) -> Answer<'_, Seq> {
        Box::pin(self.journal.wait_past(seq))
    }

    fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Answer<'_, Result<Vec<Arc<Entry>>, UpstreamError>> {
        Box::pin(async move { Ok(self.journal.read_after(seq, entries_max).await?) })
    }

    fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Answer<'_, Result<UserAccess, UpstreamError>> {
        Box::pin(async move { Ok(self.access.load_user(user_id, session_id, known).await?) })
    }

    fn load_guild(&self, guild_id: GuildId) -> Answer<'_, Result<GuildSnapshot, UpstreamError>> {
        Box::pin(async move { Ok(self.access.load_guild(guild_id).await?) })
    }
}
