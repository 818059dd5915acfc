//! The state of delivery, behind one lock: who is connected, who may see what, who is online, how far the relay is.
//!
//! Every change is a synchronous step that takes the moment as an argument; nothing here waits, writes to a transport or reads a
//! clock. The steps live beside their concern: [`admission`](crate::admission), [`subscribe`](crate::subscribe),
//! [`relay`](crate::relay), [`broadcaster`](crate::broadcaster), [`presence`](crate::presence), [`sweep`](crate::sweep),
//! [`close`](crate::close).
//!
//! Order of locks: the hub, then one mailbox, then one shard's list. A flush holds only mailboxes, several at once, and waits for none
//! while it holds another.

use std::{collections::HashMap, sync::Arc};

use filament_core::{Seq, presence::Presence};
use filament_protocol::{GuildId, Timestamp, UserId};

use crate::{
    access::{AccessTable, loads::Loads},
    broadcaster::Outbox,
    clock::Now,
    config::FanoutConfig,
    link::Link,
    observe::Stats,
    presence::PresenceTold,
    registry::Registry,
    shift::ShiftsDue,
    voice::VoiceDesk,
};

/// See the module.
pub(crate) struct Hub<W> {
    pub(crate) config: FanoutConfig,
    pub(crate) stats: Arc<Stats>,
    pub(crate) registry: Registry<Arc<Link<W>>>,
    pub(crate) access: AccessTable,
    pub(crate) loads: Loads,
    pub(crate) presence: Presence,
    pub(crate) told: PresenceTold,
    pub(crate) voice: VoiceDesk,
    pub(crate) shifts_due: ShiftsDue,
    pub(crate) outbox: Outbox<W>,
    /// Connections whose end was decided and is not complete. They hold nothing but their socket.
    pub(crate) closing: Vec<Arc<Link<W>>>,
    /// Connections being admitted, by user.
    pub(crate) reserved: HashMap<UserId, usize>,
    /// How many those are.
    pub(crate) reserved_count: usize,
    /// The last entry applied: all that is known of access holds as of it.
    pub(crate) position: Seq,
    /// No new connections: the server is going away.
    pub(crate) is_draining: bool,
    /// No new connections and no delivery: the journal cannot be read (FEN-6).
    pub(crate) is_down: bool,
    pub(crate) next_sweep_ms: u64,
    /// Registered connections that are streams.
    pub(crate) streams: usize,
    /// Connections that found no place.
    pub(crate) turned_away: u64,
    /// The latest second of any stamp seen or made (ORD-7).
    wall: Timestamp,
}

impl<W> Hub<W> {
    /// Whether a connection is one of those that are told of events.
    pub(crate) fn is_registered(&self, link: &Arc<Link<W>>) -> bool {
        self.registry.get(link.key).is_some_and(|known| Arc::ptr_eq(&known.handle, link))
    }

    pub(crate) fn new(config: FanoutConfig, stats: Arc<Stats>, position: Seq) -> Self {
        Self {
            stats,
            registry: Registry::default(),
            access: AccessTable::default(),
            loads: Loads::default(),
            presence: Presence::default(),
            told: PresenceTold::default(),
            voice: VoiceDesk::new(config.voice_confirm),
            shifts_due: ShiftsDue::default(),
            outbox: Outbox::new(config.bounds(), config.shard_count()),
            closing: Vec::new(),
            reserved: HashMap::new(),
            reserved_count: 0,
            position,
            is_draining: false,
            is_down: false,
            next_sweep_ms: 0,
            streams: 0,
            turned_away: 0,
            wall: Timestamp::MIN,
            config,
        }
    }

    /// A stamp of this moment: never before one that was given or delivered (ORD-7).
    pub(crate) fn stamp(&mut self, now: Now) -> Timestamp {
        self.observe_stamp(now.wall);
        self.wall
    }

    /// Notes a stamp that others made.
    pub(crate) fn observe_stamp(&mut self, stamp: Timestamp) {
        self.wall = self.wall.max(stamp);
    }

    /// Forgets a guild that nobody needs any more: no member here, no subscription, nobody in voice.
    pub(crate) fn forget_unused_guild(&mut self, guild_id: GuildId) {
        if !self.is_heard_or_held(guild_id) {
            self.access.forget_guild_without_members(guild_id);
        }
    }

    /// Panics if the parts disagree with each other or with the permission rules. For tests.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn check_invariants(&self) {
        self.registry.check_invariants();
        self.presence.check_invariants();
        self.access.check_invariants(|guild_id| self.is_heard_or_held(guild_id));
        self.check_voice();
        for registered in self.registry.iter() {
            let (user_id, key) = (registered.user_id, registered.handle.key);
            assert!(self.access.knows_user(user_id), "the access of every connected user is known");
            assert!(self.presence.is_tracked(user_id), "everybody connected is online (PRE-1)");
            let mailbox = registered.handle.lock();
            assert!(mailbox.is_open(), "closing connections are not registered");
            mailbox.check_invariants(&self.config.bounds());
            drop(mailbox);
            for channel_id in self.registry.subscriptions(key) {
                let visible = self.access.guild_ids().any(|guild_id| self.access.sees(guild_id, channel_id, user_id));
                assert!(visible, "a subscription lasts only while its channel is visible (FEN-3)");
            }
        }
        let streams = self.registry.iter().filter(|registered| registered.handle.mode == crate::Mode::Stream);
        assert_eq!(streams.count(), self.streams, "streams are counted");
        for link in &self.closing {
            assert!(!link.lock().is_open(), "the closing list holds no open connection");
        }
    }
}
