//! Loads under way: what must be known of the entries applied meanwhile so that a snapshot becomes exact.
//!
//! A load notes the relay's position, then reads a snapshot that holds at some later position S, while the relay goes on. Once
//! the relay has reached S, the snapshot and the logged changes of entries after S give the state of this very moment.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use filament_core::{
    AccessChange, Entry, Seq, UserAccess,
    permission::{GuildGraph, Membership},
};
use filament_protocol::{GuildId, SessionId, Timestamp, UserId};
use slab::Slab;

use super::{AccessTable, replay::Replay};
use crate::limits::LOAD_LOG_ENTRIES_MAX;

/// The loads under way, and the entries with access changes since the oldest of them began.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    /// Position of the relay when each load began.
    began: Slab<Seq>,
    log: VecDeque<Arc<Entry>>,
    /// The log holds every entry with access changes after this one.
    complete_after: Seq,
    /// How often all loads were forgotten.
    generation: u64,
}

/// A load under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadKey {
    slot: usize,
    generation: u64,
}

/// What a load came to.
#[derive(Debug)]
pub(crate) enum Loaded<T> {
    /// Exact as of the relay's position.
    Exact(T),
    /// The snapshot cannot be made exact: load again.
    Again,
}

/// A user as of the relay's position.
#[derive(Debug)]
pub(crate) struct LoadedUser {
    /// Expiry of the session's newest access token; `None` if the session has ended.
    pub(crate) token_expires_at: Option<Timestamp>,
    /// How often the user's access has changed (RES-30).
    pub(crate) revision: u64,
    pub(crate) memberships: Vec<(GuildId, Membership)>,
    /// Graphs of those of the guilds that are not in the table.
    pub(crate) graphs: HashMap<GuildId, Arc<GuildGraph>>,
}

impl Loads {
    /// Begins a load at the relay's position.
    pub(crate) fn begin(&mut self, position: Seq) -> LoadKey {
        if self.began.is_empty() {
            self.log.clear();
            self.complete_after = position;
        }
        LoadKey { slot: self.began.insert(position), generation: self.generation }
    }

    /// Ends a load, whatever became of it.
    pub(crate) fn end(&mut self, key: LoadKey) {
        if key.generation != self.generation {
            return;
        }
        self.began.try_remove(key.slot);
        let Some(oldest) = self.began.iter().map(|(_, began)| *began).min() else {
            self.log = VecDeque::new();
            return;
        };
        while self.log.front().is_some_and(|entry| entry.seq <= oldest) {
            self.log.pop_front();
        }
        self.complete_after = self.complete_after.max(oldest);
    }

    /// Keeps an entry that was applied, if a load may need it. Beyond the bound the oldest is forgotten.
    pub(crate) fn log(&mut self, entry: &Arc<Entry>) {
        if self.began.is_empty() || entry.access.is_empty() {
            return;
        }
        if self.log.len() >= LOAD_LOG_ENTRIES_MAX
            && let Some(oldest) = self.log.pop_front()
        {
            self.complete_after = oldest.seq;
        }
        self.log.push_back(Arc::clone(entry));
    }

    /// Makes a user's snapshot exact. The relay must have reached its position.
    pub(crate) fn complete_user(
        &self,
        key: LoadKey,
        (user_id, session_id): (UserId, SessionId),
        snapshot: UserAccess,
        table: &AccessTable,
    ) -> Loaded<LoadedUser> {
        let Some(later) = self.entries_after(key, snapshot.seq) else { return Loaded::Again };
        let mut replay = Replay::of(user_id, snapshot.access_rev, snapshot.memberships, snapshot.graphs);
        let mut token_expires_at = snapshot.token_expires_at;
        for entry in later {
            replay.apply(entry);
            token_expires_at =
                entry.access.iter().fold(token_expires_at, |known, change| session_after(known, session_id, change));
        }
        let revision = match (table.knows_user(user_id), replay.revision()) {
            (true, _) => table.revision(user_id),
            (false, Some(revision)) => revision,
            (false, None) => return Loaded::Again,
        };
        let Replay { mut graphs, memberships, .. } = replay;
        graphs.retain(|guild_id, _| memberships.contains_key(guild_id) && !table.knows_guild(*guild_id));
        if !memberships.keys().all(|guild_id| table.knows_guild(*guild_id) || graphs.contains_key(guild_id)) {
            return Loaded::Again; // a guild that was known when the load began has been forgotten since
        }
        let mut memberships: Vec<_> = memberships.into_iter().collect();
        memberships.sort_unstable_by_key(|(guild_id, _)| *guild_id);
        Loaded::Exact(LoadedUser { token_expires_at, revision, memberships, graphs })
    }

    /// Makes a guild's snapshot exact. The relay must have reached its position.
    pub(crate) fn complete_guild(
        &self,
        key: LoadKey,
        guild_id: GuildId,
        (seq, graph): (Seq, Option<Arc<GuildGraph>>),
    ) -> Loaded<Option<Arc<GuildGraph>>> {
        let Some(later) = self.entries_after(key, seq) else { return Loaded::Again };
        let mut graph = graph;
        for change in later.flat_map(|entry| &entry.access) {
            match change {
                AccessChange::GuildCreated(created) if created.guild_id == guild_id => {
                    graph = Some(Arc::clone(created));
                }
                AccessChange::Guild(changed, change) if *changed == guild_id => {
                    if let Some(graph) = &mut graph {
                        Arc::make_mut(graph).apply(change);
                    }
                }
                AccessChange::GuildDeleted { guild_id: deleted, .. } if *deleted == guild_id => graph = None,
                AccessChange::GuildCreated(_)
                | AccessChange::Guild(..)
                | AccessChange::GuildDeleted { .. }
                | AccessChange::MemberJoined { .. }
                | AccessChange::MemberLeft { .. }
                | AccessChange::MemberRoles { .. }
                | AccessChange::SessionRenewed { .. }
                | AccessChange::SessionEnded { .. } => {}
            }
        }
        Loaded::Exact(graph)
    }

    /// The logged entries after `seq`, or `None` if some of them are not in the log.
    fn entries_after(&self, key: LoadKey, seq: Seq) -> Option<impl Iterator<Item = &Arc<Entry>>> {
        let is_complete = key.generation == self.generation && seq >= self.complete_after;
        is_complete.then(|| self.log.iter().filter(move |entry| entry.seq > seq))
    }

    /// Forgets all loads: none of them can become exact any more.
    pub(crate) fn clear(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::default() };
    }
}

/// The newest expiry of a session's access tokens after a change; `None` once the session has ended.
fn session_after(known: Option<Timestamp>, session_id: SessionId, change: &AccessChange) -> Option<Timestamp> {
    match change {
        AccessChange::SessionRenewed { session_id: renewed, token_expires_at, .. } if *renewed == session_id => {
            known.map(|known| known.max(*token_expires_at))
        }
        AccessChange::SessionEnded { session_id: ended, .. } if *ended == session_id => None,
        AccessChange::GuildCreated(_)
        | AccessChange::Guild(..)
        | AccessChange::GuildDeleted { .. }
        | AccessChange::MemberJoined { .. }
        | AccessChange::MemberLeft { .. }
        | AccessChange::MemberRoles { .. }
        | AccessChange::SessionRenewed { .. }
        | AccessChange::SessionEnded { .. } => known,
    }
}
