//! Mutations as rows: the one place that changes tables. Every statement names the rows it must find; finding others is an error that
//! undoes the command.

use filament_core::{
    AccessChange, AuditRecord, IdempotencyRecord, Mutation, NewMember, NewSession, NewUser, ReactionChange,
    RotatedSession, Seq, StoredMessage,
    permission::{ChannelNode, GuildGraph, RoleNode},
};
use filament_protocol::{ChannelId, GuildId, RoleId, UserId};
use rusqlite::{Connection, Error, Params, Result};

use crate::{
    graph_rows::target_columns,
    row::{key, optional_key, rotations_blob, secs, signed},
    sql,
};

/// Applies one mutation.
pub(crate) fn mutation(connection: &Connection, mutation: &Mutation) -> Result<()> {
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
        Mutation::CreateGuild { graph, owner_role_ids } => create_guild(connection, graph, owner_role_ids),
        Mutation::UpdateGuild { guild_id, described: (name, visibility), .. } => {
            one_row(connection, sql::GUILD_DESCRIBE, (key(*guild_id), name.as_str(), visibility.name()))
        }
        Mutation::AddMember(member) => add_member(connection, member),
        Mutation::RemoveMember { guild_id, user_id, .. } => {
            one_row(connection, sql::MEMBER_REMOVE, (key(*guild_id), key(*user_id)))
        }
        Mutation::NoteRefusedJoin { .. } => Ok(()), // the audit log says it
        Mutation::CreateChannel { guild_id, channel, .. } => create_channel(connection, *guild_id, channel),
        Mutation::UpdateChannel { channel_id, name, .. } => {
            one_row(connection, sql::CHANNEL_RENAME, (key(*channel_id), name.as_str()))
        }
        Mutation::DeleteChannel { channel_id, .. } => one_row(connection, sql::CHANNEL_REMOVE, [key(*channel_id)]),
        Mutation::ReorderChannels { after, .. } => place_channels(connection, after),
        Mutation::CreateMessage { message, idempotency } => create_message(connection, message, idempotency.as_ref()),
        Mutation::EditMessage { message, updated_at, .. } => one_row(
            connection,
            sql::MESSAGE_EDIT,
            (key(message.channel_id), key(message.message_id), message.content.as_str(), secs(*updated_at)),
        ),
        Mutation::DeleteMessage { channel_id, message_id, .. } => {
            one_row(connection, sql::MESSAGE_REMOVE, [key(*channel_id), key(*message_id)])
        }
        Mutation::AddReaction(change) => add_reaction(connection, change),
        Mutation::RemoveReaction(change) => remove_reaction(connection, change),
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
    );
    one_row(connection, sql::AUDIT_ADD, columns)
}

/// Keeps the version of a graph: cached copies of the one before are void from here on.
pub(crate) fn version(connection: &Connection, change: &AccessChange, seq: Seq) -> Result<()> {
    let guild_id = match change {
        AccessChange::GuildCreated(graph) => graph.guild_id,
        AccessChange::Guild(guild_id, _) => *guild_id,
        AccessChange::MemberJoined { .. }
        | AccessChange::MemberLeft { .. }
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

fn add_member(connection: &Connection, member: &NewMember) -> Result<()> {
    one_row(connection, sql::MEMBER_ADD, (key(member.guild_id), key(member.user_id), secs(member.joined_at)))?;
    give_roles(connection, member.guild_id, member.user_id, member.default_role_id)
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
    for value in &channel.overrides {
        let (target_kind, target_id) = target_columns(value.target);
        let bits = (value.allow.bits(), value.deny.bits());
        let columns = (key(channel.channel_id), target_kind, target_id, bits.0, bits.1, secs(value.updated_at));
        one_row(connection, sql::OVERRIDE_ADD, columns)?;
    }
    Ok(())
}

fn place_channels(connection: &Connection, channel_ids: &[ChannelId]) -> Result<()> {
    for (position, channel_id) in (0_i64..).zip(channel_ids) {
        one_row(connection, sql::CHANNEL_PLACE, (key(*channel_id), position))?;
    }
    Ok(())
}

fn create_message(
    connection: &Connection,
    message: &StoredMessage,
    idempotency: Option<&IdempotencyRecord>,
) -> Result<()> {
    let (channel_id, message_id, author_id) =
        (key(message.channel_id), key(message.message_id), key(message.author_id));
    let created_at = secs(message.created_at);
    one_row(connection, sql::MESSAGE_ADD, (channel_id, message_id, author_id, message.content.as_str(), created_at))?;
    match idempotency {
        Some(record) => {
            let columns = (author_id, channel_id, record.key.as_str(), message_id, record.body.as_str(), created_at);
            one_row(connection, sql::REMEMBER, columns)
        }
        None => Ok(()),
    }
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
