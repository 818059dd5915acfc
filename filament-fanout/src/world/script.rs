//! A journal and an access source whose history a test writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use filament_core::{
    AccessChange, AccessSource, Address, AddressBan, Audience, ChannelOrder, Entry, Journal, MemberLoss, Peers,
    Position, SealedBody, SealedEvent, Seq, StampSource, UserAccess,
    permission::{
        ChannelNode, GraphChange, GuildGraph, Membership, Override, OverrideTarget, Subject, channel_permissions,
        guild_permissions, seeded_roles, sees,
    },
};
use filament_protocol::{
    ChannelId, ChannelKind, ChannelName, EventKind, GuildId, GuildName, IpBanId, Permission, Permissions, SessionId,
    SystemKey, Timestamp, UserId, Visibility,
};

use crate::testing::ManualClock;

/// What a member may do: in the guild, and in every visible channel.
type Rights = (Permissions, BTreeMap<ChannelId, Permissions>);

/// A journal and an access source whose history the test writes.
#[derive(Debug, Default)]
pub(crate) struct Script(Mutex<History>);

#[derive(Debug, Default)]
struct History {
    entries: Vec<Arc<Entry>>,
    graphs: BTreeMap<GuildId, Arc<GuildGraph>>,
    members: BTreeMap<(GuildId, UserId), Membership>,
    ended: Vec<SessionId>,
    revisions: BTreeMap<UserId, u64>,
    ids: u128,
    age: Option<Duration>,
}

/// An event of the script, readable in a test's output. `kind` stands for itself only in the metrics.
pub(crate) fn event(kind: EventKind, audience: Audience, text: &str) -> SealedEvent {
    let body = SealedBody::Shared(Bytes::copy_from_slice(text.as_bytes()));
    SealedEvent { kind, audience, plain_only: false, body }
}

fn viewing() -> Permissions {
    [Permission::CreateMessage].into_iter().collect()
}

impl History {
    /// Everything every member may do, asked one by one: what access revisions count the changes of.
    fn rights(&self) -> BTreeMap<UserId, BTreeMap<GuildId, Rights>> {
        let mut rights: BTreeMap<UserId, BTreeMap<GuildId, Rights>> = BTreeMap::new();
        for ((guild_id, user_id), membership) in &self.members {
            let graph = &self.graphs[guild_id];
            let subject = Subject { user_id: *user_id, is_server_owner: false, membership: Some(membership) };
            let channels = graph.channels.iter().filter(|channel| sees(graph, channel, subject));
            let channels = channels.map(|channel| (channel.channel_id, channel_permissions(graph, channel, subject)));
            let held = (guild_permissions(graph, subject), channels.collect());
            rights.entry(*user_id).or_default().insert(*guild_id, held);
        }
        rights
    }
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, History> {
        self.0.lock().expect("no test panics while it holds this")
    }

    /// Commits an entry and returns its number.
    pub(crate) fn commit(&self, access: Vec<AccessChange>, events: Vec<SealedEvent>) -> Seq {
        let mut history = self.lock();
        let before = if access.is_empty() { BTreeMap::new() } else { history.rights() };
        for change in &access {
            match change {
                AccessChange::GuildCreated(graph) => {
                    history.graphs.insert(graph.guild_id, Arc::clone(graph));
                }
                AccessChange::Guild(guild_id, change) => {
                    if let Some(graph) = history.graphs.get_mut(guild_id) {
                        Arc::make_mut(graph).apply(change);
                    }
                    let here = history.members.iter_mut().filter(|((guild, _), _)| guild == guild_id);
                    here.for_each(|(_, membership)| membership.follow(change));
                }
                AccessChange::GuildDeleted { guild_id, .. } => {
                    history.graphs.remove(guild_id);
                    history.members.retain(|(guild, _), _| guild != guild_id);
                }
                AccessChange::MemberJoined { guild_id, membership }
                | AccessChange::MemberRoles { guild_id, membership } => {
                    history.members.insert((*guild_id, membership.user_id), membership.clone());
                }
                AccessChange::MemberLeft { guild_id, user_id, .. } => {
                    history.members.remove(&(*guild_id, *user_id));
                }
                AccessChange::SessionEnded { session_id, .. } => history.ended.push(*session_id),
                AccessChange::SessionRenewed { .. } => {}
            }
        }
        let after = if access.is_empty() { BTreeMap::new() } else { history.rights() };
        for user_id in before.keys().chain(after.keys()).copied().collect::<BTreeSet<_>>() {
            if before.get(&user_id) != after.get(&user_id) {
                *history.revisions.entry(user_id).or_default() += 1;
            }
        }
        let seq = history.entries.len() as Seq + 1;
        let at = Timestamp::new(ManualClock::WALL_SECS).expect("a time");
        history.entries.push(Arc::new(Entry { seq, at, access, undo: Vec::new(), events }));
        seq
    }

    /// How often the user's access has changed (RES-30).
    pub(crate) fn revision(&self, user_id: UserId) -> u64 {
        self.lock().revisions.get(&user_id).copied().unwrap_or(0)
    }

    /// From now on every entry was committed so long ago, or nobody knows when.
    pub(crate) fn set_age(&self, age: Option<Duration>) {
        self.lock().age = age;
    }

    fn fresh_id(&self) -> u128 {
        let mut history = self.lock();
        history.ids += 1;
        (1 << 96) + history.ids
    }

    pub(crate) fn create_guild(&self, owner: UserId) -> GuildId {
        let guild_id = GuildId::from_u128(self.fresh_id());
        let stamp = StampSource::after(guild_id.as_u128() << 8).next(0, 0);
        let roles = seeded_roles(&stamp, 0);
        let owner_role = roles.iter().find(|role| role.system_key == Some(SystemKey::WorkspaceOwner)).expect("seeded");
        let membership = Membership { user_id: owner, role_ids: vec![owner_role.role_id], joined_at: Timestamp::MIN };
        let graph = GuildGraph {
            guild_id,
            name: GuildName::new("guild").expect("a name"),
            visibility: Visibility::Public,
            owner_id: owner,
            default_role_id: None,
            created_at: Timestamp::MIN,
            roles: roles.into(),
            channels: Vec::new(),
            address_bans: Vec::new(),
        };
        let access =
            vec![AccessChange::GuildCreated(Arc::new(graph)), AccessChange::MemberJoined { guild_id, membership }];
        let available = event(EventKind::WorkspaceAvailable, Audience::User(owner), &format!("available {guild_id}"));
        self.commit(access, vec![available]);
        guild_id
    }

    pub(crate) fn join(&self, guild_id: GuildId, user_id: UserId) -> Seq {
        let membership = Membership { user_id, role_ids: Vec::new(), joined_at: Timestamp::MIN };
        let available = event(EventKind::WorkspaceAvailable, Audience::User(user_id), &format!("available {guild_id}"));
        let added = event(EventKind::WorkspaceMemberAdd, Audience::Guild(guild_id), &format!("added {user_id}"));
        self.commit(vec![AccessChange::MemberJoined { guild_id, membership }], vec![available, added])
    }

    pub(crate) fn leave(&self, guild_id: GuildId, user_id: UserId) -> Seq {
        let left = AccessChange::MemberLeft { guild_id, user_id, loss: MemberLoss::Left };
        let both = Audience::GuildAnd(guild_id, user_id);
        let removed = event(EventKind::WorkspaceMemberRemove, both, &format!("removed {user_id} {guild_id}"));
        let own = Audience::User(user_id);
        let unavailable = event(EventKind::WorkspaceUnavailable, own, &format!("unavailable {guild_id}"));
        self.commit(vec![left], vec![removed, unavailable])
    }

    /// Creates a channel at the end, hidden from some.
    pub(crate) fn create_channel(&self, guild_id: GuildId, hidden_from: &[UserId]) -> ChannelId {
        let channel_id = ChannelId::from_u128(self.fresh_id());
        let hide = |user_id: &UserId| Override {
            target: OverrideTarget::Member(*user_id),
            allow: Permissions::EMPTY,
            deny: viewing(),
            updated_at: Timestamp::MIN,
        };
        let name = ChannelName::new("channel").expect("a name");
        let overrides = hidden_from.iter().map(hide).collect();
        let channel = ChannelNode { channel_id, name, kind: ChannelKind::Text, overrides };
        let audience = Audience::Manage(guild_id, channel_id);
        let created = event(EventKind::ChannelCreate, audience, &format!("created {channel_id}"));
        self.commit(vec![AccessChange::Guild(guild_id, GraphChange::ChannelAdded(channel))], vec![created]);
        channel_id
    }

    pub(crate) fn delete_channel(&self, guild_id: GuildId, channel_id: ChannelId) -> Seq {
        let audience = Audience::Edge(guild_id, channel_id);
        let deleted = event(EventKind::ChannelDelete, audience, &format!("deleted {channel_id}"));
        let removed = AccessChange::Guild(guild_id, GraphChange::ChannelRemoved(channel_id));
        self.commit(vec![removed], vec![deleted])
    }

    /// Hides a channel from a member, or no longer.
    pub(crate) fn hide(&self, guild_id: GuildId, channel_id: ChannelId, user_id: UserId, is_hidden: bool) -> Seq {
        let deny = if is_hidden { viewing() } else { Permissions::EMPTY };
        let target = OverrideTarget::Member(user_id);
        let value = Override { target, allow: Permissions::EMPTY, deny, updated_at: Timestamp::MIN };
        self.set_override(guild_id, channel_id, value)
    }

    /// Hides a channel from everybody but the owner, or no longer.
    pub(crate) fn hide_from_all(&self, guild_id: GuildId, channel_id: ChannelId, is_hidden: bool) -> Seq {
        let everyone = self.lock().graphs[&guild_id].seeded(SystemKey::Everyone).expect("seeded").role_id;
        let deny = if is_hidden { viewing() } else { Permissions::EMPTY };
        let target = OverrideTarget::Role(everyone);
        let value = Override { target, allow: Permissions::EMPTY, deny, updated_at: Timestamp::MIN };
        self.set_override(guild_id, channel_id, value)
    }

    fn set_override(&self, guild_id: GuildId, channel_id: ChannelId, value: Override) -> Seq {
        let kind = EventKind::WorkspaceChannelRoleOverrideUpdate;
        let overridden = event(kind, Audience::Edge(guild_id, channel_id), &format!("overridden {channel_id}"));
        let set = AccessChange::Guild(guild_id, GraphChange::OverrideSet { channel_id, value });
        self.commit(vec![set], vec![overridden])
    }

    /// Takes from `everyone` the right to see anything in a guild, or gives it back.
    pub(crate) fn shut(&self, guild_id: GuildId, is_shut: bool) -> Seq {
        let mut role = self.lock().graphs[&guild_id].seeded(SystemKey::Everyone).expect("seeded").clone();
        role.permissions = if is_shut { Permissions::EMPTY } else { viewing() };
        let updated =
            event(EventKind::WorkspaceUpdate, Audience::Guild(guild_id), &format!("shut {guild_id} {is_shut}"));
        self.commit(vec![AccessChange::Guild(guild_id, GraphChange::RolePut(role))], vec![updated])
    }

    /// Lets everybody read the audit log, or the owner alone.
    pub(crate) fn let_read_audit(&self, guild_id: GuildId, may: bool) -> Seq {
        let mut role = self.lock().graphs[&guild_id].seeded(SystemKey::Everyone).expect("seeded").clone();
        role.permissions = if may { viewing().with(Permission::ViewAuditLog) } else { viewing() };
        self.commit(vec![AccessChange::Guild(guild_id, GraphChange::RolePut(role))], vec![])
    }

    /// Bans an address by its number, or no longer.
    pub(crate) fn ban_address(&self, guild_id: GuildId, n: u128, is_banned: bool) -> Seq {
        let ban_id = IpBanId::from_u128(n);
        let change = if is_banned {
            GraphChange::AddressesBanned(vec![AddressBan { ban_id, address: Address::from_bits(n), expires_at: None }])
        } else {
            GraphChange::AddressesUnbanned(vec![ban_id])
        };
        self.commit(vec![AccessChange::Guild(guild_id, change)], vec![])
    }

    pub(crate) fn reorder(&self, guild_id: GuildId, after: Vec<ChannelId>) -> Seq {
        let before = self.channels(guild_id);
        let order = ChannelOrder { guild_id, before, after: after.clone(), updated_at: Timestamp::MIN };
        let ordered = AccessChange::Guild(guild_id, GraphChange::ChannelsOrdered(after));
        let reordered = SealedEvent {
            kind: EventKind::ChannelReorder,
            audience: Audience::Guild(guild_id),
            plain_only: false,
            body: SealedBody::ChannelOrder(order),
        };
        self.commit(vec![ordered], vec![reordered])
    }

    pub(crate) fn post(&self, guild_id: GuildId, channel_id: ChannelId) -> Seq {
        let seq = self.head().seq + 1;
        let audience = Audience::Subscribers(guild_id, channel_id);
        self.commit(vec![], vec![event(EventKind::MessageCreate, audience, &format!("post {seq} {channel_id}"))])
    }

    /// Says something of a user who is in these guilds and has these friends.
    pub(crate) fn tell_peers(&self, user_id: UserId, guild_ids: &[GuildId], friend_ids: &[UserId], text: &str) -> Seq {
        let peers = Peers { guild_ids: guild_ids.to_vec(), friend_ids: friend_ids.to_vec() };
        let body = SealedBody::Peers { text: Bytes::copy_from_slice(text.as_bytes()), peers };
        let audience = Audience::Peers(user_id);
        self.commit(vec![], vec![SealedEvent { kind: EventKind::ProfileUpdate, audience, plain_only: false, body }])
    }

    pub(crate) fn end_session(&self, user_id: UserId, session_id: SessionId) -> Seq {
        self.commit(vec![AccessChange::SessionEnded { user_id, session_id }], vec![])
    }

    /// The channels of a guild, in order.
    pub(crate) fn channels(&self, guild_id: GuildId) -> Vec<ChannelId> {
        self.lock().graphs[&guild_id].channels.iter().map(|channel| channel.channel_id).collect()
    }
}

/// When the access tokens of the world end: an hour after its beginning.
pub(crate) fn token_expires_at() -> Timestamp {
    Timestamp::new(ManualClock::WALL_SECS + 3_600).expect("a time")
}

impl Journal for Script {
    type Error = Infallible;

    fn head(&self) -> Position {
        Position { epoch: 1, seq: self.lock().entries.len() as Seq }
    }

    async fn wait_past(&self, seq: Seq) -> Seq {
        assert!(self.head().seq > seq, "worlds are moved by hand");
        self.head().seq
    }

    async fn read_after(&self, seq: Seq, entries_max: NonZeroU16) -> Result<Vec<Arc<Entry>>, Self::Error> {
        let history = self.lock();
        let from = usize::try_from(seq).expect("small");
        Ok(history.entries.iter().skip(from).take(usize::from(entries_max.get())).cloned().collect())
    }

    fn age(&self, _: Seq) -> Option<Duration> {
        self.lock().age
    }
}

impl AccessSource for Script {
    type Error = Infallible;

    async fn load_user(
        &self,
        user_id: UserId,
        session_id: SessionId,
        known: Vec<GuildId>,
    ) -> Result<UserAccess, Infallible> {
        let history = self.lock();
        let mine = || history.members.iter().filter(|((_, member), _)| *member == user_id);
        let unknown = mine().filter(|((guild_id, _), _)| !known.contains(guild_id));
        Ok(UserAccess {
            seq: history.entries.len() as Seq,
            token_expires_at: (!history.ended.contains(&session_id)).then(token_expires_at),
            access_rev: history.revisions.get(&user_id).copied().unwrap_or(0),
            memberships: mine().map(|((guild_id, _), membership)| (*guild_id, membership.clone())).collect(),
            graphs: unknown.filter_map(|((guild_id, _), _)| history.graphs.get(guild_id).cloned()).collect(),
        })
    }

    async fn load_guild(&self, guild_id: GuildId) -> Result<(Seq, Option<Arc<GuildGraph>>), Infallible> {
        let history = self.lock();
        Ok((history.entries.len() as Seq, history.graphs.get(&guild_id).cloned()))
    }
}
