/**
 * The guilds the user is a member of.
 *
 * A guild is known from `workspace_available` or a load; events of others are passed over. Owner, default role and
 * access
 * are absent until something told them.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import type { Guild } from "../generated/record/guild.js";
import { goneGuild } from "./gone.js";
import { change, drop, put, share, type Table } from "./share.js";

/** The user's own access at guild level. */
export type GuildAccess = Pick<EventMap["workspace_access_update"], "access_rev" | "role" | "permissions">;

/** A guild. */
export interface GuildState extends Guild {
    readonly owner_user_id?: string;
    readonly default_join_role_id?: string | null;
    readonly access?: GuildAccess;
}

/** Guilds by id. */
export type Guilds = Table<GuildState>;

/** `GET /guilds/{g}`, as far as it is kept. */
export type GuildDetails = Guild & { readonly owner_user_id: string; readonly default_join_role_id: string | null };

/** Applies an event. */
export function reduceGuilds(guilds: Guilds, event: Event, me?: string): Guilds {
    const gone = goneGuild(event, me);
    if (gone !== undefined) return drop(guilds, gone);
    switch (event.t) {
        case "workspace_available": {
            const { guild_id, name, visibility, owner_user_id } = event.d;
            return Object.hasOwn(guilds, guild_id)
                ? guilds
                : put(guilds, guild_id, { guild_id, name, visibility, owner_user_id });
        }
        case "workspace_update": {
            const { name, visibility } = event.d.updated_fields;
            return change(guilds, event.d.guild_id, (guild) => ({
                ...guild,
                ...(name !== undefined && { name }),
                ...(visibility !== undefined && { visibility }),
            }));
        }
        case "workspace_owner_update": {
            const { owner_user_id } = event.d;
            return change(guilds, event.d.guild_id, (guild) => ({ ...guild, owner_user_id }));
        }
        case "workspace_default_role_update": {
            const { role_id } = event.d;
            return change(guilds, event.d.guild_id, (guild) => ({ ...guild, default_join_role_id: role_id }));
        }
        case "workspace_member_update": {
            // One's own word may change where no right does, and then no access update tells it.
            const { user_id, updated_fields } = event.d;
            if (user_id !== me) return guilds;
            return change(guilds, event.d.guild_id, (guild) =>
                guild.access === undefined
                    ? guild
                    : { ...guild, access: { ...guild.access, role: updated_fields.role } },
            );
        }
        case "workspace_access_update":
            return loadGuildAccess(guilds, event.d);
        default:
            return guilds;
    }
}

/** Takes over `GET /guilds`: these are all. What the list does not say of a guild is kept. */
export function loadGuilds(guilds: Guilds, list: readonly Guild[]): Guilds {
    const all = list.map(({ guild_id, name, visibility }) => [
        guild_id,
        { ...guilds[guild_id], guild_id, name, visibility },
    ]);
    return share(guilds, Object.fromEntries(all) as Guilds);
}

/** Takes over `GET /guilds/{g}`. */
export function loadGuild(guilds: Guilds, details: GuildDetails): Guilds {
    const { guild_id, name, visibility, owner_user_id, default_join_role_id } = details;
    return put(guilds, guild_id, {
        ...guilds[guild_id],
        guild_id,
        name,
        visibility,
        owner_user_id,
        default_join_role_id,
    });
}

/** Takes over the guild's part of `GET /guilds/{g}/permissions/self`, unless something newer is known. */
export function loadGuildAccess(guilds: Guilds, access: GuildAccess & { readonly guild_id: string }): Guilds {
    const { guild_id, access_rev, role, permissions } = access;
    return change(guilds, guild_id, (guild) => {
        if (guild.access !== undefined && guild.access.access_rev > access_rev) return guild;
        return { ...guild, access: { access_rev, role, permissions } };
    });
}
