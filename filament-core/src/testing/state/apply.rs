//! Applies mutations and changes of access.

use std::sync::Arc;

use filament_protocol::{ChannelId, GuildId, MessageId};

use super::State;
use crate::{
    access::AccessChange,
    facts::{SessionState, StoredMessage},
    mutation::{
        AddressSighting, IdempotencyRecord, Mutation, NewAddressBans, NewSession, ReactionChange, RotatedSession,
    },
    permission::GraphChange,
    query::ListedAddressBan,
};

impl State {
    /// Graphs and memberships change by what the access table hears, so that the two can never differ here.
    pub(super) fn apply_access(&mut self, change: &AccessChange) {
        match change {
            AccessChange::GuildCreated(graph) => {
                self.guilds.insert(graph.guild_id, Arc::clone(graph));
            }
            AccessChange::Guild(guild_id, change) => {
                if let Some(graph) = self.guilds.get_mut(guild_id) {
                    Arc::make_mut(graph).apply(change);
                }
                if let GraphChange::RoleRemoved(_) = change {
                    let here = self.members.iter_mut().filter(|((guild, _), _)| guild == guild_id);
                    here.for_each(|(_, membership)| Arc::make_mut(membership).follow(change));
                }
            }
            AccessChange::GuildDeleted { guild_id, .. } => {
                self.guilds.remove(guild_id);
                self.members.retain(|(guild, _), _| guild != guild_id);
                self.bans.retain(|(guild, _), _| guild != guild_id);
                self.address_bans.retain(|(guild, _), _| guild != guild_id);
                self.creators.remove(guild_id);
            }
            AccessChange::MemberJoined { guild_id, membership }
            | AccessChange::MemberRoles { guild_id, membership } => {
                self.members.insert((*guild_id, membership.user_id), Arc::new(membership.clone()));
            }
            AccessChange::MemberLeft { guild_id, user_id, .. } => {
                self.members.remove(&(*guild_id, *user_id));
            }
            AccessChange::SessionRenewed { .. } | AccessChange::SessionEnded { .. } => {}
        }
    }

    pub(super) fn apply(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::CreateUser(user) => {
                self.people.create(user.user_id, user.username.clone());
                self.password_hashes.insert(user.user_id, user.password_hash.clone());
            }
            Mutation::OpenSession(new) => self.open(new),
            Mutation::RotateSession(rotated) => self.rotate(rotated),
            Mutation::ExtendSession { session_id, token_expires_at, .. } => {
                if let Some((session, _)) = self.sessions.get_mut(session_id) {
                    session.token_expires_at = *token_expires_at;
                }
            }
            Mutation::EndSession { session_id, .. } => {
                if let Some((session, _)) = self.sessions.get_mut(session_id) {
                    session.ended = true;
                }
            }
            Mutation::UpdateProfile(change) => self.people.update(change),
            Mutation::SetImage(change) => self.people.set_image(change),
            Mutation::RequestFriend(request) => self.people.request(request),
            Mutation::AcceptFriendRequest { request, accepted_at } => self.people.accept(request, *accepted_at),
            Mutation::DeleteFriendRequest { request, .. } => self.people.end_request(request),
            Mutation::EndFriendship(end) => self.people.part(end.actor_user_id, end.friend_user_id),
            Mutation::CreateGuild { graph, .. } => {
                self.creators.insert(graph.guild_id, graph.owner_id);
            }
            Mutation::DeleteGuild { guild_id, .. } => self.empty_guild(*guild_id),
            Mutation::BanAddresses(new) => self.ban_addresses(new),
            Mutation::UnbanAddress { guild_id, ban_id, .. } => {
                self.address_bans.remove(&(*guild_id, *ban_id));
            }
            Mutation::SeeAddress(seen) => self.see(seen),
            Mutation::BanUser { guild_id, user_id, actor_user_id, banned_at } => {
                self.bans.insert((*guild_id, *user_id), (*actor_user_id, *banned_at));
            }
            Mutation::UnbanUser { guild_id, user_id, .. } => {
                self.bans.remove(&(*guild_id, *user_id));
            }
            Mutation::CreateMessage { message, idempotency } => self.create_message(message, idempotency.as_ref()),
            Mutation::RecordAttachment(stored) => {
                self.attachments.insert(stored.record.attachment_id, stored.clone());
            }
            Mutation::RemoveAttachment(removal) => {
                self.attachments.remove(&removal.attachment_id);
                if let Some(message) = &removal.message {
                    self.messages.insert((message.channel_id, message.message_id), message.clone());
                }
            }
            Mutation::EditMessage { message, .. } => {
                self.messages.insert((message.channel_id, message.message_id), message.clone());
            }
            Mutation::DeleteMessage { channel_id, message_id, .. } => self.remove_message(*channel_id, *message_id),
            Mutation::DeleteChannel { channel_id, .. } => self.empty_channel(*channel_id),
            Mutation::AddReaction(change) => {
                self.reactions.entry((change.message_id, change.emoji.to_string())).or_default().insert(change.user_id);
            }
            Mutation::RemoveReaction(change) => self.remove_reaction(change),
            Mutation::KeepStays { kept, gone } => {
                self.stays.extend(kept.iter().map(|stay| (stay.user_id, stay.clone())));
                self.stays.retain(|user_id, _| !gone.contains(user_id));
            }
            Mutation::UpdateGuild { .. }
            | Mutation::TransferOwnership(_)
            | Mutation::CreateRole { .. }
            | Mutation::UpdateRole(_)
            | Mutation::DeleteRole { .. }
            | Mutation::ReorderRoles(_)
            | Mutation::SetDefaultRole { .. }
            | Mutation::AssignRoles(_)
            | Mutation::SetOverride(_)
            | Mutation::AddMember(_)
            | Mutation::RemoveMember { .. }
            | Mutation::NoteRefusedJoin { .. }
            | Mutation::NoteAddressHit { .. }
            | Mutation::IssueMediaToken { .. }
            | Mutation::CreateChannel { .. }
            | Mutation::UpdateChannel { .. }
            | Mutation::ReorderChannels { .. } => {} // the graph, the memberships and the audit log say it
        }
    }

    fn see(&mut self, seen: &AddressSighting) {
        self.addresses.insert((seen.user_id, seen.address), seen.seen_at);
        let kept = self.addresses_of(seen.user_id, seen.seen_at);
        self.addresses.retain(|(user, address), _| *user != seen.user_id || kept.contains(address));
    }

    fn ban_addresses(&mut self, new: &NewAddressBans) {
        for ban_id in &new.expired {
            self.address_bans.remove(&(new.guild_id, *ban_id));
        }
        for ban in &new.bans {
            let listed = ListedAddressBan {
                ban_id: ban.ban_id,
                source_user_id: new.target_user_id,
                reason: new.reason.clone(),
                created_at: new.created_at,
                expires_at: ban.expires_at,
            };
            self.address_bans.insert((new.guild_id, ban.ban_id), listed);
        }
    }

    fn open(&mut self, new: &NewSession) {
        let session = SessionState {
            session_id: new.session_id,
            user_id: new.user_id,
            generation: 1,
            rotations: Vec::new(),
            expires_at: new.expires_at,
            token_expires_at: new.token_expires_at,
            ended: false,
        };
        self.sessions.insert(new.session_id, (session, new.created_at));
    }

    fn rotate(&mut self, rotated: &RotatedSession) {
        if let Some((session, used)) = self.sessions.get_mut(&rotated.session_id) {
            session.generation = rotated.generation;
            session.rotations.clone_from(&rotated.rotations);
            session.expires_at = rotated.expires_at;
            session.token_expires_at = rotated.token_expires_at;
            *used = rotated.rotated_at;
        }
    }

    fn create_message(&mut self, message: &StoredMessage, idempotency: Option<&IdempotencyRecord>) {
        if let Some(record) = idempotency {
            let key = (message.author_id, message.channel_id, record.key.to_string());
            self.idempotency.insert(key, (message.created_at, record.body.clone(), message.message_id));
        }
        for bound in &message.attachments {
            if let Some(stored) = self.attachments.get_mut(&bound.attachment_id) {
                stored.message_id = Some(message.message_id);
            }
        }
        self.messages.insert((message.channel_id, message.message_id), message.clone());
    }

    fn remove_reaction(&mut self, change: &ReactionChange) {
        let key = (change.message_id, change.emoji.to_string());
        if let Some(users) = self.reactions.get_mut(&key) {
            users.remove(&change.user_id);
            if users.is_empty() {
                self.reactions.remove(&key);
            }
        }
    }

    fn empty_guild(&mut self, guild_id: GuildId) {
        let channels = self.guilds.get(&guild_id).into_iter().flat_map(|graph| &graph.channels);
        let channels: Vec<ChannelId> = channels.map(|channel| channel.channel_id).collect();
        channels.into_iter().for_each(|channel_id| self.empty_channel(channel_id));
        self.audit.retain(|record| record.guild_id != guild_id);
    }

    fn empty_channel(&mut self, channel_id: ChannelId) {
        self.attachments.retain(|_, stored| stored.record.channel_id != channel_id);
        let gone: Vec<MessageId> =
            self.messages.keys().filter(|(channel, _)| *channel == channel_id).map(|key| key.1).collect();
        gone.into_iter().for_each(|message_id| self.remove_message(channel_id, message_id));
    }

    fn remove_message(&mut self, channel_id: ChannelId, message_id: MessageId) {
        self.messages.remove(&(channel_id, message_id));
        self.reactions.retain(|(message, _), _| *message != message_id);
        self.attachments.retain(|_, stored| stored.message_id != Some(message_id));
    }
}
