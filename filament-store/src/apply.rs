//! Mutations as rows: the one place that changes tables. Every statement names the rows it must find; finding others is an error that
//! undoes the command.

use filament_core::{
    AccessChange, AddressSighting, AuditRecord, IdempotencyRecord, Mutation, NewAddressBans, NewMember, NewSession,
    NewUser, OverrideChange, OwnershipTransfer, ReactionChange, RoleAssignment, RoleOrder, RoleUpdate, RotatedSession,
    Seq, StoredMessage, Surface,
    limits::{ADDRESS_MEMORY_SECS, ADDRESSES_PER_USER_MAX},
    permission::{ChannelNode, GuildGraph, Override, RoleNode},
};
use filament_protocol::{ChannelId, GuildId, MessageId, RoleId, Timestamp, UserId};
use rusqlite::{Connection, Error, Params, Result};

use crate::{
    attachments,
    graph_rows::target_columns,
    people,
    row::{key, optional_key, rotations_blob, secs, signed},
    search::{Pending, Place},
    sql, stays,
};

/// Applies one mutation.
pub(crate) fn mutation(connection: &Connection, index: &mut Pending, mutation: &Mutation) -> Result<()> {
    match mutation {
        Mutation::CreateUser(user) => create_user(connection, user),
        Mutation::OpenSession(session) => open_session(connection, session),
        Mutation::RotateSession(session) => rotate_session(connection, session),
        Mutation::ExtendSession { session_id, token_expires_at, .. } => {
            one_row(connection, sql::SESSION_EXTEND, (key(*session_id), secs(*token_expires_at)))
        }
        Mutation::EndSession { session_id, ended_at, .. } => {
            one_row(connection, sql::SESSION_END, (key(*session_id), secs(*ended_at)))
        }
        Mutation::UpdateProfile(change) => people::update_profile(connection, change),
        Mutation::SetImage(change) => people::set_image(connection, change),
        Mutation::RequestFriend(request) => people::add_request(connection, request),
        Mutation::AcceptFriendRequest { request, accepted_at } => {
            people::accept_request(connection, request, *accepted_at)
        }
        Mutation::DeleteFriendRequest { request, .. } => people::remove_request(connection, request.request_id),
        Mutation::EndFriendship(end) => people::end_friendship(connection, end),
        Mutation::CreateGuild { graph, owner_role_ids } => create_guild(connection, graph, owner_role_ids),
        Mutation::UpdateGuild { guild_id, described: (name, visibility), .. } => {
            one_row(connection, sql::GUILD_DESCRIBE, (key(*guild_id), name.as_str(), visibility.name()))
        }
        Mutation::DeleteGuild { guild_id, .. } => one_row(connection, sql::GUILD_REMOVE, [key(*guild_id)]),
        Mutation::TransferOwnership(transfer) => transfer_ownership(connection, transfer),
        Mutation::AddMember(member) => add_member(connection, member),
        Mutation::RemoveMember { guild_id, user_id, .. } => {
            one_row(connection, sql::MEMBER_REMOVE, (key(*guild_id), key(*user_id)))
        }
        Mutation::BanUser { guild_id, user_id, actor_user_id, banned_at } => {
            let columns = (key(*guild_id), key(*user_id), key(*actor_user_id), secs(*banned_at));
            one_row(connection, sql::BAN_ADD, columns)
        }
        Mutation::UnbanUser { guild_id, user_id, .. } => {
            one_row(connection, sql::BAN_REMOVE, [key(*guild_id), key(*user_id)])
        }
        Mutation::CreateRole { guild_id, role, .. } => add_role(connection, *guild_id, role),
        Mutation::UpdateRole(RoleUpdate { guild_id, role, .. }) => change_role(connection, *guild_id, role),
        Mutation::DeleteRole { guild_id, role_id, was_default, .. } => {
            delete_role(connection, *guild_id, *role_id, *was_default)
        }
        Mutation::ReorderRoles(RoleOrder { guild_id, places, .. }) => place_roles(connection, *guild_id, places),
        Mutation::SetDefaultRole { guild_id, role_id, .. } => set_default_role(connection, *guild_id, *role_id),
        Mutation::AssignRoles(assignment) => assign_roles(connection, assignment),
        Mutation::SetOverride(OverrideChange { channel_id, value, .. }) => set_override(connection, *channel_id, value),
        Mutation::BanAddresses(new) => ban_addresses(connection, new),
        Mutation::UnbanAddress { guild_id, ban_id, .. } => {
            one_row(connection, sql::ADDRESS_BAN_REMOVE, [key(*guild_id), key(*ban_id)])
        }
        Mutation::SeeAddress(seen) => see_address(connection, seen),
        Mutation::NoteRefusedJoin { .. } | Mutation::NoteAddressHit { .. } | Mutation::IssueMediaToken { .. } => Ok(()), // the audit log says it
        Mutation::KeepStays { kept, gone } => stays::keep(connection, kept, gone),
        Mutation::CreateChannel { guild_id, channel, .. } => create_channel(connection, *guild_id, channel),
        Mutation::UpdateChannel { channel_id, name, .. } => {
            one_row(connection, sql::CHANNEL_RENAME, (key(*channel_id), name.as_str()))
        }
        Mutation::DeleteChannel { channel_id, .. } => one_row(connection, sql::CHANNEL_REMOVE, [key(*channel_id)]),
        Mutation::ReorderChannels { after, .. } => place_channels(connection, after),
        Mutation::CreateMessage { message, idempotency } => {
            create_message(connection, index, message, idempotency.as_ref())
        }
        Mutation::EditMessage { message, updated_at, .. } => edit_message(connection, index, message, *updated_at),
        Mutation::DeleteMessage { channel_id, message_id, .. } => {
            delete_message(connection, index, *channel_id, *message_id)
        }
        Mutation::AddReaction(change) => add_reaction(connection, change),
        Mutation::RemoveReaction(change) => remove_reaction(connection, change),
        Mutation::RecordAttachment(stored) => attachments::add(connection, stored),
        Mutation::RemoveAttachment(removal) => {
            one_row(connection, sql::ATTACHMENT_REMOVE, [key(removal.channel_id), key(removal.attachment_id)])
        }
    }
}

/// Writes one row of the audit log.
pub(crate) fn audit(connection: &Connection, record: &AuditRecord) -> Result<()> {
    let columns = (
        key(record.guild_id),
        key(record.audit_id),
        key(record.actor_user_id),
        optional_key(record.target_user_id),
        record.action.name(),
        secs(record.created_at),
        record.surface.map(Surface::name),
    );
    one_row(connection, sql::AUDIT_ADD, columns)
}

/// Keeps the version of a graph: cached copies of the one before are void from here on.
pub(crate) fn version(connection: &Connection, change: &AccessChange, seq: Seq) -> Result<()> {
    let guild_id = match change {
        AccessChange::GuildCreated(graph) => graph.guild_id,
        AccessChange::Guild(guild_id, _) => *guild_id,
        AccessChange::GuildDeleted { .. }
        | AccessChange::MemberJoined { .. }
        | AccessChange::MemberLeft { .. }
        | AccessChange::MemberRoles { .. }
        | AccessChange::SessionRenewed { .. }
        | AccessChange::SessionEnded { .. } => return Ok(()),
    };
    one_row(connection, sql::GUILD_VERSION_PUT, (key(guild_id), signed(seq)))
}

fn one_row(connection: &Connection, sql: &str, params: impl Params) -> Result<()> {
    match connection.prepare_cached(sql)?.execute(params)? {
        1 => Ok(()),
        changed => Err(Error::StatementChangedRows(changed)),
    }
}

fn create_user(connection: &Connection, user: &NewUser) -> Result<()> {
    let columns = (key(user.user_id), user.username.as_str(), user.password_hash.as_str(), secs(user.created_at));
    one_row(connection, sql::USER_ADD, columns)
}

fn open_session(connection: &Connection, session: &NewSession) -> Result<()> {
    let columns = (
        key(session.session_id),
        key(session.user_id),
        secs(session.created_at),
        secs(session.expires_at),
        secs(session.token_expires_at),
    );
    one_row(connection, sql::SESSION_ADD, columns)
}

fn rotate_session(connection: &Connection, session: &RotatedSession) -> Result<()> {
    let columns = (
        key(session.session_id),
        session.generation,
        rotations_blob(&session.rotations),
        secs(session.rotated_at),
        secs(session.expires_at),
        secs(session.token_expires_at),
    );
    one_row(connection, sql::SESSION_ROTATE, columns)
}

fn create_guild(connection: &Connection, graph: &GuildGraph, owner_role_ids: &[RoleId]) -> Result<()> {
    let columns = (
        key(graph.guild_id),
        graph.name.as_str(),
        graph.visibility.name(),
        key(graph.owner_id),
        optional_key(graph.default_role_id),
        secs(graph.created_at),
    );
    one_row(connection, sql::GUILD_ADD, columns)?;
    for role in &graph.roles {
        add_role(connection, graph.guild_id, role)?;
    }
    one_row(connection, sql::MEMBER_ADD, (key(graph.guild_id), key(graph.owner_id), secs(graph.created_at)))?;
    give_roles(connection, graph.guild_id, graph.owner_id, owner_role_ids.iter().copied())
}

fn add_role(connection: &Connection, guild_id: GuildId, role: &RoleNode) -> Result<()> {
    let columns = (
        key(guild_id),
        key(role.role_id),
        role.name.as_str(),
        role.position,
        role.is_system,
        role.permissions.bits(),
        role.color_hex.as_ref().map(|color| color.as_str()),
        role.system_key.map(|system_key| system_key.name()),
    );
    one_row(connection, sql::ROLE_ADD, columns)
}

fn change_role(connection: &Connection, guild_id: GuildId, role: &RoleNode) -> Result<()> {
    let color_hex = role.color_hex.as_ref().map(|color| color.as_str());
    let columns = (key(guild_id), key(role.role_id), role.name.as_str(), role.permissions.bits(), color_hex);
    one_row(connection, sql::ROLE_CHANGE, columns)
}

/// Its assignments go with the row; its overrides have no reference to it, because a member's have none to the member.
fn delete_role(connection: &Connection, guild_id: GuildId, role_id: RoleId, was_default: bool) -> Result<()> {
    connection.prepare_cached(sql::ROLE_REMOVE_OVERRIDES)?.execute([key(guild_id), key(role_id)])?;
    if was_default {
        set_default_role(connection, guild_id, None)?;
    }
    one_row(connection, sql::ROLE_REMOVE, [key(guild_id), key(role_id)])
}

fn set_default_role(connection: &Connection, guild_id: GuildId, role_id: Option<RoleId>) -> Result<()> {
    one_row(connection, sql::GUILD_DEFAULT_ROLE_PUT, (key(guild_id), optional_key(role_id)))
}

fn place_roles(connection: &Connection, guild_id: GuildId, places: &[(RoleId, u16)]) -> Result<()> {
    for (role_id, position) in places {
        one_row(connection, sql::ROLE_PLACE, (key(guild_id), key(*role_id), position))?;
    }
    Ok(())
}

fn assign_roles(connection: &Connection, assignment: &RoleAssignment) -> Result<()> {
    let RoleAssignment { guild_id, membership, removed, added, .. } = assignment;
    take_roles(connection, *guild_id, membership.user_id, removed)?;
    give_roles(connection, *guild_id, membership.user_id, added.iter().copied())
}

fn transfer_ownership(connection: &Connection, transfer: &OwnershipTransfer) -> Result<()> {
    let OwnershipTransfer { guild_id, owner_role_id, previous, moderator_role_id, next, .. } = transfer;
    take_roles(connection, *guild_id, previous.user_id, &[*owner_role_id])?;
    give_roles(connection, *guild_id, previous.user_id, *moderator_role_id)?;
    give_roles(connection, *guild_id, next.user_id, [*owner_role_id])?;
    one_row(connection, sql::GUILD_OWNER_PUT, [key(*guild_id), key(next.user_id)])
}

fn take_roles(connection: &Connection, guild_id: GuildId, user_id: UserId, role_ids: &[RoleId]) -> Result<()> {
    for role_id in role_ids {
        one_row(connection, sql::MEMBER_ROLE_REMOVE, [key(guild_id), key(user_id), key(*role_id)])?;
    }
    Ok(())
}

fn add_member(connection: &Connection, member: &NewMember) -> Result<()> {
    one_row(connection, sql::MEMBER_ADD, (key(member.guild_id), key(member.user_id), secs(member.joined_at)))?;
    give_roles(connection, member.guild_id, member.user_id, member.default_role_id)
}

fn ban_addresses(connection: &Connection, new: &NewAddressBans) -> Result<()> {
    for ban_id in &new.expired {
        one_row(connection, sql::ADDRESS_BAN_REMOVE, [key(new.guild_id), key(*ban_id)])?;
    }
    for ban in &new.bans {
        let columns = (
            key(new.guild_id),
            key(ban.ban_id),
            ban.address.bits().to_be_bytes(),
            key(new.target_user_id),
            new.reason.as_ref().map(|reason| reason.as_str()),
            secs(new.created_at),
            ban.expires_at.map(secs),
        );
        one_row(connection, sql::ADDRESS_BAN_ADD, columns)?;
    }
    Ok(())
}

/// Remembers one address and forgets what IPB-1 does not keep.
fn see_address(connection: &Connection, seen: &AddressSighting) -> Result<()> {
    let (user, at) = (key(seen.user_id), secs(seen.seen_at));
    one_row(connection, sql::ADDRESS_SEE, (user, seen.address.bits().to_be_bytes(), at))?;
    let too_old = at.saturating_sub(signed(ADDRESS_MEMORY_SECS));
    connection.prepare_cached(sql::ADDRESSES_FORGET)?.execute((
        user,
        too_old,
        signed(ADDRESSES_PER_USER_MAX as u64),
    ))?;
    Ok(())
}

fn give_roles(
    connection: &Connection,
    guild_id: GuildId,
    user_id: UserId,
    role_ids: impl IntoIterator<Item = RoleId>,
) -> Result<()> {
    for role_id in role_ids {
        one_row(connection, sql::MEMBER_ROLE_ADD, [key(guild_id), key(user_id), key(role_id)])?;
    }
    Ok(())
}

fn create_channel(connection: &Connection, guild_id: GuildId, channel: &ChannelNode) -> Result<()> {
    let columns = (key(channel.channel_id), key(guild_id), channel.name.as_str(), channel.kind.name());
    one_row(connection, sql::CHANNEL_ADD, columns)?;
    channel.overrides.iter().try_for_each(|value| set_override(connection, channel.channel_id, value))
}

/// Lists that are both empty are no override.
fn set_override(connection: &Connection, channel_id: ChannelId, value: &Override) -> Result<()> {
    let (target_kind, target_id) = target_columns(value.target);
    if value.allow.is_empty() && value.deny.is_empty() {
        return one_row(connection, sql::OVERRIDE_REMOVE, (key(channel_id), target_kind, target_id));
    }
    let bits = (value.allow.bits(), value.deny.bits());
    let columns = (key(channel_id), target_kind, target_id, bits.0, bits.1, secs(value.updated_at));
    one_row(connection, sql::OVERRIDE_PUT, columns)
}

fn place_channels(connection: &Connection, channel_ids: &[ChannelId]) -> Result<()> {
    for (position, channel_id) in (0_i64..).zip(channel_ids) {
        one_row(connection, sql::CHANNEL_PLACE, (key(*channel_id), position))?;
    }
    Ok(())
}

fn create_message(
    connection: &Connection,
    index: &mut Pending,
    message: &StoredMessage,
    idempotency: Option<&IdempotencyRecord>,
) -> Result<()> {
    let (channel_id, message_id, author_id) =
        (key(message.channel_id), key(message.message_id), key(message.author_id));
    let created_at = secs(message.created_at);
    let (place, text) = (index.next_place(), message.content.as_str());
    one_row(connection, sql::MESSAGE_ADD, (channel_id, message_id, author_id, text, created_at, place))?;
    index.changes().added(place, message.channel_id, text);
    for attachment in &message.attachments {
        // Finds none that another message carries, so no id is ever bound twice (ATT-1).
        one_row(connection, sql::ATTACHMENT_BIND, (key(attachment.attachment_id), channel_id, author_id, message_id))?;
    }
    match idempotency {
        Some(record) => {
            let columns = (author_id, channel_id, record.key.as_str(), message_id, record.body.as_str(), created_at);
            one_row(connection, sql::REMEMBER, columns)
        }
        None => Ok(()),
    }
}

fn edit_message(
    connection: &Connection,
    index: &mut Pending,
    message: &StoredMessage,
    updated_at: Timestamp,
) -> Result<()> {
    let (place, before) = entry(connection, message.channel_id, message.message_id)?;
    let text = message.content.as_str();
    index.changes().replaced(place, message.channel_id, before, text);
    one_row(connection, sql::MESSAGE_EDIT, (key(message.channel_id), key(message.message_id), text, secs(updated_at)))
}

fn delete_message(
    connection: &Connection,
    index: &mut Pending,
    channel_id: ChannelId,
    message_id: MessageId,
) -> Result<()> {
    let (place, before) = entry(connection, channel_id, message_id)?;
    index.changes().removed(place, channel_id, before);
    one_row(connection, sql::MESSAGE_REMOVE, [key(channel_id), key(message_id)])
}

/// What the search index holds of a message.
fn entry(connection: &Connection, channel_id: ChannelId, message_id: MessageId) -> Result<(Place, String)> {
    let mut statement = connection.prepare_cached(sql::MESSAGE_TEXT)?;
    statement.query_row([key(channel_id), key(message_id)], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The count stored is the count announced (MSG-1).
fn add_reaction(connection: &Connection, change: &ReactionChange) -> Result<()> {
    let (channel_id, message_id, emoji) = (key(change.channel_id), key(change.message_id), change.emoji.as_str());
    one_row(connection, sql::REACTION_COUNT_PUT, (channel_id, message_id, emoji, change.count))?;
    one_row(connection, sql::REACTION_ADD, (message_id, emoji, key(change.user_id), channel_id))
}

fn remove_reaction(connection: &Connection, change: &ReactionChange) -> Result<()> {
    let (channel_id, message_id, emoji) = (key(change.channel_id), key(change.message_id), change.emoji.as_str());
    one_row(connection, sql::REACTION_REMOVE, (message_id, emoji, key(change.user_id)))?;
    match change.count {
        0 => one_row(connection, sql::REACTION_COUNT_REMOVE, (channel_id, message_id, emoji)),
        count => one_row(connection, sql::REACTION_COUNT_PUT, (channel_id, message_id, emoji, count)),
    }
}
