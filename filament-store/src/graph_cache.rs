//! Graphs and memberships in memory: reading them for every command would cost more than writing the command's rows.
//!
//! The writer's cache follows its open transaction, uncommitted changes included, and forgets what it touched when a command or the
//! whole transaction is undone: the next look reads the tables, which SQLite has put back. Readers share graphs of committed states,
//! each valid for the version the reader finds in its own snapshot.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use filament_core::{
    AccessChange, Seq,
    permission::{GraphChange, GuildGraph, Membership},
};
use filament_protocol::{GuildId, UserId};
use hashlink::LruCache;
use rusqlite::{Connection, Result};

use crate::{
    graph_rows::{self, Versioned},
    limits::{GRAPHS_CACHED_MAX, MEMBERSHIPS_CACHED_MAX},
};

/// Where loading facts finds graphs and memberships.
pub(crate) trait GraphSource {
    fn graph(&mut self, connection: &Connection, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>>;
    fn membership(
        &mut self,
        connection: &Connection,
        guild_id: GuildId,
        user_id: UserId,
    ) -> Result<Option<Arc<Membership>>>;
}

/// Graphs of committed states, for all readers.
#[derive(Debug)]
pub(crate) struct PublishedGraphs(Mutex<LruCache<GuildId, Versioned>>);

impl PublishedGraphs {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(GRAPHS_CACHED_MAX)))
    }

    /// Adds a committed graph unless a newer one is there: a reader may come late with an old snapshot.
    pub(crate) fn publish(&self, versioned: Versioned) {
        let mut graphs = self.lock();
        let guild_id = versioned.graph.guild_id;
        if graphs.peek(&guild_id).is_none_or(|known| known.seq < versioned.seq) {
            graphs.insert(guild_id, versioned);
        }
    }

    fn find(&self, guild_id: GuildId, seq: Seq) -> Option<Arc<GuildGraph>> {
        self.lock().get(&guild_id).filter(|known| known.seq == seq).map(|known| Arc::clone(&known.graph))
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<GuildId, Versioned>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader's way to graphs: valid inside its snapshot only.
impl GraphSource for &PublishedGraphs {
    fn graph(&mut self, connection: &Connection, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>> {
        let Some(seq) = graph_rows::version(connection, guild_id)? else {
            return Ok(None);
        };
        if let Some(graph) = self.find(guild_id, seq) {
            return Ok(Some(graph));
        }
        let built = graph_rows::graph(connection, guild_id)?;
        Ok(built.map(|versioned| {
            self.publish(versioned.clone());
            versioned.graph
        }))
    }

    fn membership(
        &mut self,
        connection: &Connection,
        guild_id: GuildId,
        user_id: UserId,
    ) -> Result<Option<Arc<Membership>>> {
        Ok(graph_rows::membership(connection, guild_id, user_id)?.map(Arc::new))
    }
}

/// What the open transaction changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touched {
    Graph(GuildId),
    Membership(GuildId, UserId),
}

/// The writer's cache.
#[derive(Debug)]
pub(crate) struct WriterCache {
    graphs: LruCache<GuildId, Versioned>,
    memberships: LruCache<(GuildId, UserId), Arc<Membership>>,
    /// Changes of the open transaction, in order. Bounded by the group.
    touched: Vec<Touched>,
}

impl WriterCache {
    pub(crate) fn new() -> Self {
        Self {
            graphs: LruCache::new(GRAPHS_CACHED_MAX),
            memberships: LruCache::new(MEMBERSHIPS_CACHED_MAX),
            touched: Vec::new(),
        }
    }

    /// A place to which [`undo`](Self::undo) can return.
    pub(crate) fn mark(&self) -> usize {
        self.touched.len()
    }

    /// Forgets everything that was changed since the mark. Call it after the tables were put back.
    pub(crate) fn undo(&mut self, mark: usize) {
        for touched in self.touched.drain(mark..) {
            match touched {
                Touched::Graph(guild_id) => drop(self.graphs.remove(&guild_id)),
                Touched::Membership(guild_id, user_id) => drop(self.memberships.remove(&(guild_id, user_id))),
            }
        }
    }

    /// The transaction is on disk: publishes the graphs it changed.
    pub(crate) fn committed(&mut self, published: &PublishedGraphs) {
        for touched in self.touched.drain(..) {
            if let Touched::Graph(guild_id) = touched
                && let Some(versioned) = self.graphs.peek(&guild_id)
            {
                published.publish(versioned.clone());
            }
        }
    }

    /// Follows one access change of the entry `seq`, as the access table does.
    pub(crate) fn follow(&mut self, change: &AccessChange, seq: Seq) {
        match change {
            AccessChange::GuildCreated(graph) => {
                self.touched.push(Touched::Graph(graph.guild_id));
                self.graphs.insert(graph.guild_id, Versioned { seq, graph: Arc::clone(graph) });
            }
            AccessChange::Guild(guild_id, change) => {
                self.touched.push(Touched::Graph(*guild_id));
                if let Some(versioned) = self.graphs.get_mut(guild_id) {
                    Arc::make_mut(&mut versioned.graph).apply(change);
                    versioned.seq = seq;
                }
                if let GraphChange::RoleRemoved(_) = change {
                    self.forget_memberships(*guild_id); // who held the role is in the tables
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => {
                self.graphs.remove(guild_id);
                self.forget_memberships(*guild_id);
            }
            AccessChange::MemberJoined { guild_id, membership }
            | AccessChange::MemberRoles { guild_id, membership } => {
                self.touched.push(Touched::Membership(*guild_id, membership.user_id));
                self.memberships.insert((*guild_id, membership.user_id), Arc::new(membership.clone()));
            }
            AccessChange::MemberLeft { guild_id, user_id, .. } => {
                self.touched.push(Touched::Membership(*guild_id, *user_id));
                self.memberships.remove(&(*guild_id, *user_id));
            }
            AccessChange::SessionRenewed { .. } | AccessChange::SessionEnded { .. } => {}
        }
    }

    fn forget_memberships(&mut self, guild_id: GuildId) {
        self.memberships.retain(|(guild, _), _| *guild != guild_id);
    }

    /// Compares what the open transaction touched with the tables, or everything cached.
    pub(crate) fn differences(&self, connection: &Connection, all: bool) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (guild_id, cached) in
            self.graphs.iter().filter(|(guild_id, _)| all || self.touched.contains(&Touched::Graph(**guild_id)))
        {
            let stored = graph_rows::graph(connection, *guild_id)?;
            if stored.as_ref() != Some(cached) {
                found.push(format!("graph of guild {guild_id}: cached {cached:?}, stored {stored:?}"));
            }
        }
        for ((guild_id, user_id), cached) in &self.memberships {
            if all || self.touched.contains(&Touched::Membership(*guild_id, *user_id)) {
                let stored = graph_rows::membership(connection, *guild_id, *user_id)?;
                if stored.as_ref() != Some(&**cached) {
                    found.push(format!("membership of {user_id} in {guild_id}: cached {cached:?}, stored {stored:?}"));
                }
            }
        }
        Ok(found)
    }
}

impl GraphSource for WriterCache {
    fn graph(&mut self, connection: &Connection, guild_id: GuildId) -> Result<Option<Arc<GuildGraph>>> {
        if let Some(versioned) = self.graphs.get(&guild_id) {
            return Ok(Some(Arc::clone(&versioned.graph)));
        }
        let built = graph_rows::graph(connection, guild_id)?;
        Ok(built.map(|versioned| {
            let graph = Arc::clone(&versioned.graph);
            self.graphs.insert(guild_id, versioned);
            graph
        }))
    }

    fn membership(
        &mut self,
        connection: &Connection,
        guild_id: GuildId,
        user_id: UserId,
    ) -> Result<Option<Arc<Membership>>> {
        if let Some(membership) = self.memberships.get(&(guild_id, user_id)) {
            return Ok(Some(Arc::clone(membership)));
        }
        let stored = graph_rows::membership(connection, guild_id, user_id)?.map(Arc::new);
        if let Some(membership) = &stored {
            self.memberships.insert((guild_id, user_id), Arc::clone(membership));
        }
        Ok(stored)
    }
}
