/**
 * Profiles of users, those that were loaded. Events of others are passed over: there is no end of users.
 */

import type { Event } from "../envelope.js";
import type { Profile } from "../generated/answer/profile.js";
import { change, put, type Table } from "./share.js";

/** What is known of a user: the whole profile, or the part that a lookup tells. */
export type ProfileState = Pick<Profile, "user_id" | "username" | "avatar_version"> & Partial<Profile>;

/** Profiles by user. */
export type Profiles = Table<ProfileState>;

/** Applies an event. */
export function reduceProfiles(profiles: Profiles, event: Event): Profiles {
    switch (event.t) {
        case "profile_update": {
            const { username, about_markdown, about_markdown_tokens } = event.d.updated_fields;
            return change(profiles, event.d.user_id, (profile) => ({
                ...profile,
                ...(username !== undefined && { username }),
                ...(about_markdown !== undefined && { about_markdown }),
                ...(about_markdown_tokens !== undefined && { about_markdown_tokens }),
            }));
        }
        case "profile_avatar_update":
            return change(profiles, event.d.user_id, (profile) => ({
                ...profile,
                avatar_version: Math.max(profile.avatar_version, event.d.avatar_version),
            }));
        case "profile_banner_update":
            return change(profiles, event.d.user_id, (profile) => ({
                ...profile,
                banner_version: Math.max(profile.banner_version ?? 0, event.d.banner_version),
            }));
        default:
            return profiles;
    }
}

/** Takes over profiles, or the users of a lookup. Images never go back to an older version. */
export function loadProfiles(profiles: Profiles, list: readonly ProfileState[]): Profiles {
    let loaded = profiles;
    for (const profile of list) {
        const known = profiles[profile.user_id];
        const avatar_version = Math.max(profile.avatar_version, known?.avatar_version ?? 0);
        loaded = put(loaded, profile.user_id, { ...known, ...profile, avatar_version });
    }
    return loaded;
}
