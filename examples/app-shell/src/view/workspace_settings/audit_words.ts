/**
 * What the actions of the audit log are called (contract AUD-3). An action of a later server shows as it is.
 */

const WORDS: Readonly<Record<string, string>> = {
    "guild.create": "Created the server",
    "guild.update": "Changed the server",
    "guild.delete": "Deleted the server",
    "guild.owner.transfer": "Gave the server away",
    "directory.join.accepted": "Joined",
    "directory.join.rejected.visibility": "Could not join: private",
    "directory.join.rejected.user_ban": "Could not join: banned",
    "directory.join.rejected.ip_ban": "Could not join: address banned",
    "member.add": "Added a member",
    "member.leave": "Left",
    "member.kick": "Kicked a member",
    "member.ban": "Banned somebody",
    "member.unban": "Lifted a ban",
    "member.role.update": "Changed a member's rank",
    "role.create": "Created a role",
    "role.update": "Renamed a role",
    "role.permissions.update": "Changed a role's permissions",
    "role.color.update": "Changed a role's colour",
    "role.delete": "Deleted a role",
    "role.reorder": "Reordered roles",
    "role.assign": "Gave a role",
    "role.unassign": "Took a role away",
    "role.default_join.update": "Changed what new members get",
    "channel.create": "Created a channel",
    "channel.update": "Renamed a channel",
    "channel.delete": "Deleted a channel",
    "channel.reorder": "Reordered channels",
    "channel.override.update": "Changed a channel's permissions",
    "channel.permission_override.update": "Changed a channel's permissions",
    "message.edit.moderation": "Edited another's message",
    "message.delete.moderation": "Deleted another's message",
    "attachment.delete.moderation": "Deleted another's file",
    "moderation.ip_ban.add": "Banned addresses",
    "moderation.ip_ban.remove": "Lifted an address ban",
    "moderation.ip_ban.hit": "Was kept out by an address ban",
    "media.token.issue": "Took part in voice",
};

/** The words for an action, if there are any. */
export function auditWords(action: string): string | undefined {
    return Object.hasOwn(WORDS, action) ? WORDS[action] : undefined;
}
