//! Mutations as rows: the one place that changes tables. Every statement names the rows it must find; finding others is an error that
//! undoes the command.

mod account;
mod address;
mod channel;
mod guild;
mod message;
mod role;

use filament_core::{AccessChange, AuditRecord, Mutation, OverrideChange, RoleOrder, RoleUpdate, Seq, Surface};
use rusqlite::{Connection, Result};

use crate::{
    attachments, people,
    row::{key, optional_key, secs, signed},
    search::Pending,
    sql::{self, one_row},
    stays,
};

/// Applies one mutation.
pub(crate) fn mutation(connection: &Connection, index: &mut Pending, mutation: &Mutation) -> Result<()> {
    match mutation {
        Mutation::CreateUser(user) => account::create_user(connection, user),
        Mutation::OpenSession(session) => account::open_session(connection, session),
        Mutation::RotateSession(session) => account::rotate_session(connection, session),
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
        Mutation::CreateGuild { graph, owner_role_ids } => guild::create_guild(connection, graph, owner_role_ids),
        Mutation::UpdateGuild { guild_id, described: (name, visibility), .. } => {
            one_row(connection, sql::GUILD_DESCRIBE, (key(*guild_id), name.as_str(), visibility.name()))
        }
        Mutation::DeleteGuild { guild_id, .. } => one_row(connection, sql::GUILD_REMOVE, [key(*guild_id)]),
        Mutation::TransferOwnership(transfer) => guild::transfer_ownership(connection, transfer),
        Mutation::AddMember(member) => guild::add_member(connection, member),
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
        Mutation::CreateRole { guild_id, role, .. } => role::add_role(connection, *guild_id, role),
        Mutation::UpdateRole(RoleUpdate { guild_id, role, .. }) => role::change_role(connection, *guild_id, role),
        Mutation::DeleteRole { guild_id, role_id, was_default, .. } => {
            role::delete_role(connection, *guild_id, *role_id, *was_default)
        }
        Mutation::ReorderRoles(RoleOrder { guild_id, places, .. }) => role::place_roles(connection, *guild_id, places),
        Mutation::SetDefaultRole { guild_id, role_id, .. } => role::set_default_role(connection, *guild_id, *role_id),
        Mutation::AssignRoles(assignment) => role::assign_roles(connection, assignment),
        Mutation::SetOverride(OverrideChange { channel_id, value, .. }) => {
            channel::set_override(connection, *channel_id, value)
        }
        Mutation::BanAddresses(new) => address::ban_addresses(connection, new),
        Mutation::UnbanAddress { guild_id, ban_id, .. } => {
            one_row(connection, sql::ADDRESS_BAN_REMOVE, [key(*guild_id), key(*ban_id)])
        }
        Mutation::SeeAddress(seen) => address::see_address(connection, seen),
        Mutation::NoteRefusedJoin { .. } | Mutation::NoteAddressHit { .. } | Mutation::IssueMediaToken { .. } => Ok(()), // the audit log says it
        Mutation::KeepStays { kept, gone } => stays::keep(connection, kept, gone),
        Mutation::CreateChannel { guild_id, channel, .. } => channel::create_channel(connection, *guild_id, channel),
        Mutation::UpdateChannel { channel_id, name, .. } => {
            one_row(connection, sql::CHANNEL_RENAME, (key(*channel_id), name.as_str()))
        }
        Mutation::DeleteChannel { channel_id, .. } => one_row(connection, sql::CHANNEL_REMOVE, [key(*channel_id)]),
        Mutation::ReorderChannels { after, .. } => channel::place_channels(connection, after),
        Mutation::CreateMessage { message, idempotency } => {
            message::create_message(connection, index, message, idempotency.as_ref())
        }
        Mutation::EditMessage { message, updated_at, .. } => {
            message::edit_message(connection, index, message, *updated_at)
        }
        Mutation::DeleteMessage { channel_id, message_id, .. } => {
            message::delete_message(connection, index, *channel_id, *message_id)
        }
        Mutation::AddReaction(change) => message::add_reaction(connection, change),
        Mutation::RemoveReaction(change) => message::remove_reaction(connection, change),
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
