//! What a user is to be told who was away, by the states the store was in: an account of RES-12 to RES-14 that knows nothing of
//! what entries say they replaced.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU16,
    sync::Arc,
};

use filament_core::{
    AccessChange, AccessSource, Audience, Entry, Journal, Place, SealedBody, Seq,
    permission::{GuildGraph, Membership, Subject, effective_rights, guild_permissions, sees},
    testing::{History, MemoryStore},
};
use filament_protocol::{ChannelId, Event, GuildId, Permission, UserId, event::ChannelReorder};

/// The store after one entry.
struct State {
    graphs: BTreeMap<GuildId, Arc<GuildGraph>>,
    memberships: BTreeMap<(GuildId, UserId), Membership>,
}

/// A history with the state after each of its entries.
pub(super) struct Past {
    pub(super) history: History<MemoryStore>,
    states: BTreeMap<Seq, State>,
}

/// What one user is to be told, by where the event leaves the stream.
pub(super) struct Account {
    pub(super) user_id: UserId,
    /// Every channel the user may name, with its guild.
    pub(super) named: Vec<(GuildId, ChannelId)>,
    /// Place before the event, and its text.
    pub(super) events: Vec<(Place, String)>,
}

impl Past {
    /// Runs a random history.
    pub(super) async fn of(store: MemoryStore, seed: u64, steps: usize) -> Self {
        let mut past = Self { history: History::new(store, seed).await, states: BTreeMap::new() };
        past.note(past.head()).await;
        for _ in 0..steps {
            if let Some(seq) = past.history.step().await {
                past.note(seq).await;
            }
        }
        past
    }

    pub(super) fn head(&self) -> Seq {
        self.store().head().seq
    }

    pub(super) fn first(&self) -> Seq {
        *self.states.keys().next().expect("the first")
    }

    fn store(&self) -> &MemoryStore {
        self.history.engine().store()
    }

    pub(super) async fn entry(&self, seq: Seq) -> Arc<Entry> {
        let Ok(entries) = self.store().read_after(seq - 1, NonZeroU16::MIN).await;
        entries.into_iter().next().expect("an entry")
    }

    async fn note(&mut self, seq: Seq) {
        let mut state = State { graphs: BTreeMap::new(), memberships: BTreeMap::new() };
        for guild_id in self.history.guilds() {
            state.graphs.extend(self.store().graph(*guild_id).map(|graph| (*guild_id, graph)));
        }
        for user in self.history.users() {
            let Ok(access) = self.store().load_user(user.user_id, user.session_id, vec![]).await;
            let of_user = access.memberships.into_iter();
            state.memberships.extend(of_user.map(|(guild_id, membership)| ((guild_id, user.user_id), membership)));
        }
        self.states.insert(seq, state);
    }

    /// The states after `seq` and after every later entry.
    fn since(&self, seq: Seq) -> impl DoubleEndedIterator<Item = &State> {
        let at = self.states.range(..=seq).next_back().map_or(seq, |(at, _)| *at);
        self.states.range(at..).map(|(_, state)| state)
    }

    fn now(&self) -> &State {
        self.states.values().next_back().expect("the last")
    }

    pub(super) async fn account(&self, user_id: UserId) -> Account {
        let now = self.now();
        let of_channels = self.history.channels().iter().copied();
        let named: Vec<_> = of_channels.filter(|(guild, channel)| now.sees(*guild, *channel, user_id)).collect();
        let mut events = Vec::new();
        for seq in self.first() + 1..=self.head() {
            let entry = self.entry(seq).await;
            for index in 0..entry.events.len() {
                let place = Place { seq: seq - 1, part: u16::try_from(index).expect("few") };
                events.extend(self.told(&entry, index, user_id, &named).map(|text| (place, text)));
            }
        }
        Account { user_id, named, events }
    }

    /// The text of an event, if the user is in its audience now and has been since its entry.
    fn told(&self, entry: &Entry, index: usize, user_id: UserId, named: &[(GuildId, ChannelId)]) -> Option<String> {
        let event = &entry.events[index];
        let always = |holds: &dyn Fn(&State) -> bool| self.since(entry.seq).all(holds);
        let is_member = |guild_id: GuildId| always(&|state| state.member(guild_id, user_id).is_some());
        let holds = |guild_id, permission| always(&|state| state.holds(guild_id, permission, user_id));
        let views = |guild_id, channel_id| always(&|state| state.sees(guild_id, channel_id, user_id));
        let ends = |change: &AccessChange| matches!(change, AccessChange::GuildDeleted { member_ids, .. } if member_ids.contains(&user_id));
        let is_in = match (&event.audience, &event.body) {
            _ if event.plain_only => false,
            (Audience::Peers(of), SealedBody::Peers { peers, .. }) => {
                *of == user_id || peers.friend_ids.contains(&user_id) || peers.guild_ids.iter().any(|id| is_member(*id))
            }
            (Audience::User(of) | Audience::GuildAnd(_, of), _) if *of == user_id => true,
            (Audience::User(_) | Audience::Peers(_) | Audience::EdgeMember(..), _) => false,
            (Audience::Guild(guild_id) | Audience::GuildAnd(guild_id, _), _) => is_member(*guild_id),
            (Audience::FormerMembers(_), _) => entry.access.iter().any(ends),
            (Audience::Permission(guild_id, permission), _) => holds(*guild_id, *permission),
            (Audience::View(guild_id, channel_id), _) => views(*guild_id, *channel_id),
            (Audience::Subscribers(guild_id, channel_id), _) => {
                named.contains(&(*guild_id, *channel_id)) && views(*guild_id, *channel_id)
            }
            (Audience::Manage(guild_id, channel_id) | Audience::Edge(guild_id, channel_id), _) => {
                views(*guild_id, *channel_id) || holds(*guild_id, Permission::ManageChannelOverrides)
            }
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("JSON");
        match &event.body {
            _ if !is_in => None,
            SealedBody::Shared(bytes) | SealedBody::Peers { text: bytes, .. } => Some(text(bytes)),
            SealedBody::ByAudit { with_actor, without_actor } => {
                let guild_id = event.audience.guild_id().expect("of a guild");
                let may_read = self.now().holds(guild_id, Permission::ViewAuditLog, user_id);
                Some(text(if may_read { with_actor } else { without_actor }))
            }
            SealedBody::ChannelOrder(order) => {
                let seen = |ids: &[ChannelId]| -> Vec<ChannelId> {
                    ids.iter().copied().filter(|id| views(order.guild_id, *id)).collect()
                };
                let (before, channel_ids) = (seen(&order.before), seen(&order.after));
                let (guild_id, updated_at_unix) = (order.guild_id, order.updated_at);
                let event = Event::ChannelReorder(ChannelReorder { guild_id, channel_ids, updated_at_unix });
                let Event::ChannelReorder(ChannelReorder { channel_ids, .. }) = &event else { return None };
                let mut bytes = Vec::new();
                event.encode_into(&mut bytes).expect("small");
                (before != *channel_ids).then(|| text(&bytes))
            }
            SealedBody::OwnRemoval(_) => None,
        }
    }

    /// Named channels that existed and were hidden some time after the entry `base`, but for the channels that came later than that.
    pub(super) fn gaps(&self, account: &Account, base: Seq) -> Vec<ChannelId> {
        let is_gap = |(guild_id, channel_id): &(GuildId, ChannelId)| {
            let hidden = self.since(base).rev().find(|state| !state.sees(*guild_id, *channel_id, account.user_id));
            hidden.is_some_and(|state| state.has_channel(*guild_id, *channel_id))
        };
        account.named.iter().filter(|named| is_gap(named)).map(|named| named.1).collect()
    }

    /// Guilds the user is in and may do something else than at some time after the entry `base`.
    pub(super) fn changed(&self, user_id: UserId, base: Seq) -> Vec<GuildId> {
        let states: Vec<&State> = self.since(base).collect();
        let mut changed = BTreeSet::new();
        for (guild_id, of) in self.now().memberships.keys().filter(|(_, of)| *of == user_id) {
            let rights = |state: &State| {
                let rights = effective_rights(state.graphs.get(guild_id)?, state.member(*guild_id, *of)?);
                Some((rights.0, rights.1.into_iter().collect::<BTreeMap<_, _>>()))
            };
            if states.windows(2).any(|pair| rights(pair[0]) != rights(pair[1])) {
                changed.insert(*guild_id);
            }
        }
        changed.into_iter().collect()
    }
}

impl State {
    fn member(&self, guild_id: GuildId, user_id: UserId) -> Option<&Membership> {
        self.memberships.get(&(guild_id, user_id))
    }

    fn has_channel(&self, guild_id: GuildId, channel_id: ChannelId) -> bool {
        self.graphs.get(&guild_id).is_some_and(|graph| graph.channel(channel_id).is_some())
    }

    fn sees(&self, guild_id: GuildId, channel_id: ChannelId, user_id: UserId) -> bool {
        let (Some(graph), Some(membership)) = (self.graphs.get(&guild_id), self.member(guild_id, user_id)) else {
            return false;
        };
        let subject = Subject { user_id, is_server_owner: false, membership: Some(membership) };
        graph.channel(channel_id).is_some_and(|channel| sees(graph, channel, subject))
    }

    fn holds(&self, guild_id: GuildId, permission: Permission, user_id: UserId) -> bool {
        let (Some(graph), Some(membership)) = (self.graphs.get(&guild_id), self.member(guild_id, user_id)) else {
            return false;
        };
        let subject = Subject { user_id, is_server_owner: false, membership: Some(membership) };
        guild_permissions(graph, subject).contains(permission)
    }
}
