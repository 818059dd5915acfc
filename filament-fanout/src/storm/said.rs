//! What is to be heard, by whom, and how a received event reads in the same words.

use filament_core::{Address, Place};
use filament_protocol::{ChannelId, Event, GuildId, LegacyRole, Permission, Permissions, Timestamp, UserId};

use super::truth::{Rights, Truth};

/// Who hears an event, as the contract's tables say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    User(UserId),
    Guild(GuildId),
    GuildAnd(GuildId, UserId),
    /// The members of a guild that ends.
    Former(GuildId),
    Holders(GuildId, Permission),
    Manage(GuildId, ChannelId),
    Edge(GuildId, ChannelId),
    EdgeMember(GuildId, ChannelId, UserId),
    Subscribers(GuildId, ChannelId),
    /// `channel_reorder`, rendered per receiver.
    Order(GuildId),
    /// An answer to a subscribe, or the notice of a channel.
    Answer(GuildId, ChannelId),
    /// What a member may do.
    Access(GuildId),
    /// Cannot be lost.
    Own,
}

/// One event of an entry.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) audience: Audience,
    pub(super) text: String,
    /// What only those hear of it who may read the audit log (§3).
    pub(super) secret: String,
    /// Whether it is a notice of §4.11.
    pub(super) plain_only: bool,
}

impl Said {
    pub(super) const fn to(audience: Audience, text: String) -> Self {
        Self { audience, text, secret: String::new(), plain_only: false }
    }

    pub(super) fn by_audit(audience: Audience, text: String, actor: UserId) -> Self {
        Self { secret: format!(" by {actor}"), ..Self::to(audience, text) }
    }

    pub(super) fn notice(audience: Audience, text: String) -> Self {
        Self { plain_only: true, ..Self::to(audience, text) }
    }
}

/// Something a connection is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) text: String,
    /// The end of the text that only who may read the audit log may have.
    pub(super) secret: String,
    /// The text with the secret it lost, while some of its bytes may have been written.
    pub(super) begun: Option<String>,
    pub(super) audience: Audience,
    /// Whether it may be missing: it lost its receiver while some of its bytes may have been written.
    pub(super) is_optional: bool,
    /// Where its receiver stands then, if it is journalled.
    pub(super) place: Option<Place>,
    /// Neighbours of one group come in any order.
    pub(super) group: Option<u64>,
}

/// From where, and when, somebody is to hear something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standpoint {
    pub(super) user: UserId,
    pub(super) address: Address,
    pub(super) now: Timestamp,
}

impl Item {
    pub(super) const fn new(audience: Audience, text: String) -> Self {
        Self { text, secret: String::new(), begun: None, audience, is_optional: false, place: None, group: None }
    }

    /// Takes the secret back from who may not read the audit log any more.
    pub(super) fn withhold(&mut self, user: UserId, truth: &Truth, may_be_started: bool) {
        let (Audience::GuildAnd(guild, _) | Audience::Guild(guild) | Audience::Holders(guild, _)) = self.audience
        else {
            return;
        };
        if !self.secret.is_empty() && !truth.holds(guild, Permission::ViewAuditLog, user) {
            let without = self.text.strip_suffix(&self.secret).expect("it ends in its secret").to_owned();
            let with = std::mem::replace(&mut self.text, without);
            self.begun = may_be_started.then_some(with);
            self.secret.clear();
        }
    }

    /// Whether this is how it may read.
    pub(super) fn reads(&self, text: &str) -> bool {
        self.text == text || self.begun.as_deref() == Some(text)
    }

    /// Whether it may still be had while it waits (DEL-2, DEL-3, DEL-5).
    pub(super) fn may_be_had(&self, at: Standpoint, truth: &Truth) -> bool {
        let user = at.user;
        let is_member = |guild| truth.is_member(guild, user);
        let sees = |guild, channel| truth.sees(guild, channel, user);
        let is_kept_out = |guild| truth.stops(guild, user, at.address, at.now);
        match self.audience {
            Audience::User(_) | Audience::Own | Audience::Former(_) => true,
            Audience::Guild(guild) => is_member(guild),
            Audience::GuildAnd(guild, other) => other == user || is_member(guild),
            Audience::Holders(guild, right) => truth.holds(guild, right, user),
            Audience::Edge(guild, _) | Audience::EdgeMember(guild, ..) | Audience::Order(guild) => {
                is_member(guild) && !is_kept_out(guild)
            }
            Audience::Access(guild) => (is_member(guild) || user == truth.server_owner) && !is_kept_out(guild),
            Audience::Manage(guild, channel) => {
                let manages = truth.holds(guild, Permission::ManageChannelOverrides, user);
                is_member(guild) && (sees(guild, channel) || manages) && !is_kept_out(guild)
            }
            Audience::Subscribers(guild, channel) | Audience::Answer(guild, channel) => {
                sees(guild, channel) && !is_kept_out(guild)
            }
        }
    }
}

/// What a member is told of its rights: `(revision, role)`, then the rights themselves.
pub(super) fn access_text(guild: GuildId, (revision, role): (u64, LegacyRole), (own, seen): &Rights) -> String {
    let seen: Vec<_> = seen.iter().map(|(channel, rights)| (channel.to_string(), rights.bits())).collect();
    format!("workspace_access_update {guild} {revision} {role} {} {seen:?}", own.bits())
}

/// A received event in the words of the oracle; `Err` with the guild of an event of presence, `None` for what nobody follows.
pub(super) fn readable(event: Event) -> Result<Option<String>, GuildId> {
    let kind = event.kind();
    let by = |actor: Option<UserId>| actor.map_or(String::new(), |actor| format!(" by {actor}"));
    let text = match event {
        Event::Subscribed(it) => format!("{}", it.channel_id),
        Event::Unsubscribed(it) => match it.channel_id {
            Some(channel) => format!("{channel} {}", it.reason),
            None => format!("{} {}", it.guild_id, it.reason),
        },
        Event::MessageCreate(it) => format!("{} {} from {}", it.channel_id, it.message_id, it.author_id),
        Event::MessageUpdate(it) => format!("{} {}", it.channel_id, it.message_id),
        Event::MessageDelete(it) => format!("{} {}", it.channel_id, it.message_id),
        Event::MessageReaction(it) => format!(
            "{} {} {} {} {} by {}",
            it.channel_id, it.message_id, &*it.emoji, it.operation, it.count, it.actor_user_id
        ),
        Event::ChannelCreate(it) => format!("{}", it.channel.channel_id),
        Event::ChannelUpdate(it) => format!("{} {}", it.channel_id, &*it.updated_fields.name),
        Event::ChannelDelete(it) => format!("{}", it.channel_id),
        Event::ChannelReorder(it) => format!("{:?}", it.channel_ids),
        Event::WorkspaceUpdate(it) => format!("{} by {}", it.guild_id, it.actor_user_id),
        Event::WorkspaceDelete(it) => format!("{} by {}", it.guild_id, it.actor_user_id),
        Event::WorkspaceOwnerUpdate(it) => {
            format!("{} {} {} by {}", it.guild_id, it.previous_owner_user_id, it.owner_user_id, it.actor_user_id)
        }
        Event::WorkspaceDefaultRoleUpdate(it) => format!("{} {:?} by {}", it.guild_id, it.role_id, it.actor_user_id),
        Event::WorkspaceMemberAdd(it) => format!("{} {} {} by {}", it.guild_id, it.user_id, it.role, it.actor_user_id),
        Event::WorkspaceMemberUpdate(it) => {
            format!("{} {} {} by {}", it.guild_id, it.user_id, it.updated_fields.role, it.actor_user_id)
        }
        Event::WorkspaceMemberRemove(it) => {
            format!("{} {} {}{}", it.guild_id, it.user_id, it.reason, by(it.actor_user_id))
        }
        Event::WorkspaceMemberBan(it) => format!("{} {}{}", it.guild_id, it.user_id, by(it.actor_user_id)),
        Event::WorkspaceMemberUnban(it) => format!("{} {}{}", it.guild_id, it.user_id, by(it.actor_user_id)),
        Event::WorkspaceIpBanSync(it) => {
            format!("{} {} {}{}", it.guild_id, it.summary.action, it.summary.changed_count, by(it.actor_user_id))
        }
        Event::WorkspaceRoleCreate(it) => format!("{} {} by {}", it.guild_id, it.role.role_id, it.actor_user_id),
        Event::WorkspaceRoleUpdate(it) => {
            let granted = it.updated_fields.permissions.map(Permissions::bits);
            format!("{} {} {granted:?} by {}", it.guild_id, it.role_id, it.actor_user_id)
        }
        Event::WorkspaceRoleDelete(it) => format!("{} {} by {}", it.guild_id, it.role_id, it.actor_user_id),
        Event::WorkspaceRoleReorder(it) => format!("{} by {}", it.guild_id, it.actor_user_id),
        Event::WorkspaceRoleAssignmentAdd(it) => {
            format!("{} {} {} by {}", it.guild_id, it.user_id, it.role_id, it.actor_user_id)
        }
        Event::WorkspaceRoleAssignmentRemove(it) => {
            format!("{} {} {} by {}", it.guild_id, it.user_id, it.role_id, it.actor_user_id)
        }
        Event::WorkspaceChannelOverrideUpdate(it) => {
            let (allow, deny) = (it.updated_fields.allow.bits(), it.updated_fields.deny.bits());
            format!("{} {} {} {allow} {deny} by {}", it.channel_id, it.target_kind, it.target_id, it.actor_user_id)
        }
        Event::WorkspaceChannelRoleOverrideUpdate(it) => {
            let (allow, deny) = (it.updated_fields.allow.bits(), it.updated_fields.deny.bits());
            format!("{} {} {allow} {deny} by {}", it.channel_id, it.role, it.actor_user_id)
        }
        Event::WorkspaceAvailable(it) => format!("{} {}", it.guild_id, it.reason),
        Event::WorkspaceUnavailable(it) => format!("{} {}", it.guild_id, it.reason),
        Event::WorkspaceAccessUpdate(it) => {
            let seen: Vec<_> = it.channels.iter().map(|seen| (seen.channel_id, seen.permission_bits.0)).collect();
            return Ok(Some(access_text(it.guild_id, (it.access_rev, it.role), &(it.permissions, seen))));
        }
        Event::PresenceSync(it) => return Err(it.guild_id),
        Event::PresenceUpdate(it) => return Err(it.guild_id),
        Event::VoiceParticipantSync(_) => return Ok(None),
        other => panic!("unexpected {other:?}"),
    };
    Ok(Some(format!("{kind} {text}")))
}
