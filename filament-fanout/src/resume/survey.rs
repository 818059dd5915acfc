//! What of the missed entries a user is to be told: the journal read backwards from the present, with the access of the user
//! as it was step by step.
//!
//! Contract RES-13 gives an event to whom its audience contains now, if they have been in it since before the entry. So the survey
//! begins with what the user may do now, keeps of it what held all the way back, and judges each event by what is left at its
//! entry. Nothing but the journal is asked: an entry says what it [replaced](filament_core::AccessUndo).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use filament_core::{
    AccessChange, AccessUndo, Audience, Entry, SealedBody, SealedEvent, Seq,
    permission::{GuildGraph, Membership, Standing, Subject, effective_rights, guild_permissions},
};
use filament_protocol::{ChannelId, Event, GuildId, Permission, Permissions, UserId};

use crate::{access::AccessTable, gate, reorder};

/// What a user may do as of the entry after which the survey stands, and what of it has held since.
#[derive(Debug)]
pub(super) struct Survey {
    user_id: UserId,
    is_server_owner: bool,
    guilds: HashMap<GuildId, Standpoint>,
    /// The channels the client named and may have.
    subscribed: HashSet<ChannelId>,
    /// Guilds whose gate is closed to the connection (DEL-5).
    closed: HashSet<GuildId>,
    /// Named channels that were hidden for a time (RES-14).
    gaps: HashSet<ChannelId>,
}

/// One guild the user is a member of.
#[derive(Debug)]
struct Standpoint {
    /// The guild and the membership as they were then.
    graph: Arc<GuildGraph>,
    membership: Option<Membership>,
    /// What the user could do then; made when it is first needed.
    rights: Option<Rights>,
    /// What the user can do now and could all the time since; made when it is first needed.
    kept: Option<Kept>,
    /// Whether the access of the user has been another one since.
    has_changed: bool,
}

type Rights = Option<(Permissions, Vec<(ChannelId, Permissions)>)>;

#[derive(Clone, Debug)]
struct Kept {
    is_member: bool,
    permissions: Permissions,
    channels: HashSet<ChannelId>,
}

/// Of one entry, what the user is to be told.
#[derive(Debug)]
pub(super) struct Missed {
    pub(super) seq: Seq,
    /// By place in the entry; with its rendered form, where that depends on the receiver.
    pub(super) events: Vec<(usize, Option<Event>)>,
    /// The entry, if there was room to keep it.
    pub(super) entry: Option<Arc<Entry>>,
}

impl Survey {
    /// Stands at the present.
    pub(super) fn at(
        access: &AccessTable,
        user_id: UserId,
        subscribed: HashSet<ChannelId>,
        is_closed: impl Fn(GuildId) -> bool,
    ) -> Self {
        let guild_ids = access.guilds_of(user_id);
        let standpoints = guild_ids.iter().filter_map(|guild_id| {
            let (graph, membership) = access.shared(*guild_id, user_id)?;
            let standpoint = Standpoint { graph, membership, rights: None, kept: None, has_changed: false };
            Some((*guild_id, standpoint))
        });
        Self {
            user_id,
            is_server_owner: access.is_server_owner(user_id),
            guilds: standpoints.collect(),
            subscribed,
            closed: guild_ids.iter().copied().filter(|guild_id| is_closed(*guild_id)).collect(),
            gaps: HashSet::new(),
        }
    }

    /// What the user is to be told of an entry, its first `told` events apart. The survey stands after it.
    pub(super) fn missed(&mut self, entry: &Entry, told: usize) -> Vec<(usize, Option<Event>)> {
        let mut missed = Vec::new();
        for (index, event) in entry.events.iter().enumerate().skip(told) {
            if event.plain_only || !self.includes(event, entry) {
                continue;
            }
            match &event.body {
                SealedBody::Shared(_) | SealedBody::ByAudit { .. } | SealedBody::Peers { .. } => {
                    missed.push((index, None));
                }
                SealedBody::ChannelOrder(order) if !self.closed.contains(&order.guild_id) => {
                    let Some(kept) = self.kept(order.guild_id) else { continue };
                    let rendered = reorder::render(order, |channel_id| kept.channels.contains(&channel_id));
                    missed.extend(rendered.map(|event| (index, Some(event))));
                }
                SealedBody::ChannelOrder(_) | SealedBody::OwnRemoval(_) => {}
            }
        }
        missed
    }

    /// Steps back before an entry.
    pub(super) fn step_back(&mut self, entry: &Entry) {
        for undo in &entry.undo {
            let Some(standpoint) = self.guilds.get_mut(&undo.guild_id) else { continue };
            let hidden = standpoint.step_back(undo, self.user_id, self.is_server_owner);
            self.gaps.extend(hidden.into_iter().filter(|channel_id| self.subscribed.contains(channel_id)));
        }
    }

    /// Whether a named channel was hidden for a time since where the survey stands.
    pub(super) fn has_gap(&self, channel_id: ChannelId) -> bool {
        self.gaps.contains(&channel_id)
    }

    /// The guilds in which the access of the user has been another one since where the survey stands, ascending.
    pub(super) fn changed(&self) -> Vec<GuildId> {
        let changed = self.guilds.iter().filter(|(_, standpoint)| standpoint.has_changed);
        let mut changed: Vec<GuildId> = changed.map(|(guild_id, _)| *guild_id).collect();
        changed.sort_unstable();
        changed
    }

    fn includes(&mut self, event: &SealedEvent, entry: &Entry) -> bool {
        let audience = &event.audience;
        let guild_id = audience.guild_id();
        if gate::keeps_audience(audience) && guild_id.is_some_and(|guild_id| self.closed.contains(&guild_id)) {
            return false;
        }
        let (user_id, is_server_owner) = (self.user_id, self.is_server_owner);
        if let Audience::Subscribers(_, channel_id) = audience
            && (is_server_owner || !self.subscribed.contains(channel_id))
        {
            return self.subscribed.contains(channel_id);
        }
        if let (Audience::Peers(of), SealedBody::Peers { peers, .. }) = (audience, &event.body) {
            let mut is_shared = |guild_id: &GuildId| self.kept(*guild_id).is_some_and(|kept| kept.is_member);
            return *of == user_id || peers.friend_ids.contains(&user_id) || peers.guild_ids.iter().any(&mut is_shared);
        }
        let ended = |guild_id: GuildId| {
            let is_it = |change: &AccessChange| {
                matches!(change, AccessChange::GuildDeleted { guild_id: gone, member_ids }
                    if *gone == guild_id && member_ids.contains(&user_id))
            };
            entry.access.iter().any(is_it)
        };
        let kept = guild_id.and_then(|guild_id| self.kept(guild_id)).filter(|kept| kept.is_member);
        let holds = |permission| kept.is_some_and(|kept| kept.permissions.contains(permission));
        let saw = |channel_id| kept.is_some_and(|kept| kept.channels.contains(channel_id));
        match audience {
            Audience::User(receiver) => *receiver == user_id,
            Audience::Guild(_) => kept.is_some(),
            Audience::GuildAnd(_, receiver) => *receiver == user_id || kept.is_some(),
            Audience::Permission(_, permission) => holds(*permission),
            Audience::View(_, channel_id) | Audience::Subscribers(_, channel_id) => saw(channel_id),
            Audience::Manage(_, channel_id) | Audience::Edge(_, channel_id) => {
                saw(channel_id) || holds(Permission::ManageChannelOverrides)
            }
            Audience::EdgeMember(..) | Audience::Peers(_) => false, // a notice for plain connections; answered above
            Audience::FormerMembers(guild_id) => ended(*guild_id),
        }
    }

    fn kept(&mut self, guild_id: GuildId) -> Option<&Kept> {
        let (user_id, is_server_owner) = (self.user_id, self.is_server_owner);
        self.guilds.get_mut(&guild_id).map(|standpoint| &*standpoint.kept(user_id, is_server_owner))
    }
}

impl Standpoint {
    /// What the user could do all the time since. Asked for first while the standpoint is the present.
    fn kept(&mut self, user_id: UserId, is_server_owner: bool) -> &mut Kept {
        let Self { graph, membership, kept, .. } = self;
        kept.get_or_insert_with(|| can_do(graph, Subject { user_id, is_server_owner, membership: membership.as_ref() }))
    }

    /// Steps back before an entry. Returns the channels that were there and hidden, and are seen now.
    fn step_back(&mut self, undo: &AccessUndo, user_id: UserId, is_server_owner: bool) -> Vec<ChannelId> {
        let before = undo.membership_before(user_id, self.membership.as_ref());
        if undo.graph.is_empty() && before == self.membership {
            return Vec::new();
        }
        let after = self.rights.take().unwrap_or_else(|| rights(&self.graph, self.membership.as_ref()));
        let mut kept = self.kept(user_id, is_server_owner).clone();
        undo.step_back(Arc::make_mut(&mut self.graph), user_id, &mut self.membership);
        let before = rights(&self.graph, self.membership.as_ref());
        self.has_changed |= before != after;
        self.rights = Some(before);
        let subject = Subject { user_id, is_server_owner, membership: self.membership.as_ref() };
        let could = can_do(&self.graph, subject);
        let lost = kept.channels.difference(&could.channels).copied();
        let hidden = lost.filter(|channel_id| self.graph.channel(*channel_id).is_some()).collect();
        kept.channels.retain(|channel_id| could.channels.contains(channel_id));
        kept.permissions = kept.permissions.intersection(could.permissions);
        kept.is_member &= could.is_member;
        self.kept = Some(kept);
        hidden
    }
}

fn rights(graph: &GuildGraph, membership: Option<&Membership>) -> Rights {
    membership.map(|membership| effective_rights(graph, membership))
}

fn can_do(graph: &GuildGraph, subject: Subject<'_>) -> Kept {
    let standing = Standing::of(graph, subject);
    let seen = graph.channels.iter().filter(|channel| standing.sees(channel));
    Kept {
        is_member: subject.membership.is_some(),
        permissions: guild_permissions(graph, subject),
        channels: seen.map(|channel| channel.channel_id).collect(),
    }
}
