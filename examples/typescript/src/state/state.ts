/**
 * All families together: one state, one reducer, all pure. A client that needs less imports the family's own reducer.
 */

import type { Event } from "../envelope.js";
import { type Channels, reduceChannels } from "./channels.js";
import { type Friends, reduceFriends } from "./friends.js";
import { type Guilds, reduceGuilds } from "./guilds.js";
import { type Members, reduceMembers } from "./members.js";
import { type Messages, reduceMessages } from "./messages.js";
import { type Presence, reducePresence } from "./presence.js";
import { type Profiles, reduceProfiles } from "./profiles.js";
import { type Roles, reduceRoles } from "./roles.js";
import { share } from "./share.js";
import { reduceVoice, type Voice } from "./voice.js";

/** What a client knows. Parts that an event does not concern stay the same objects. */
export interface State {
    /** The user, from `ready`. */
    readonly me?: string;
    readonly guilds: Guilds;
    readonly channels: Channels;
    readonly roles: Roles;
    readonly members: Members;
    readonly messages: Messages;
    readonly presence: Presence;
    readonly voice: Voice;
    readonly profiles: Profiles;
    readonly friends: Friends;
}

/** Knows nothing. */
export const emptyState: State = {
    guilds: {},
    channels: {},
    roles: {},
    members: {},
    messages: {},
    presence: {},
    voice: {},
    profiles: {},
    friends: {},
};

/** Applies an event; the same state if it changes nothing. A `ready` of another user forgets everything. */
export function reduce(state: State, event: Event): State {
    const before = event.t === "ready" ? stateOf(state, event.d.user_id) : state;
    const { me } = before;
    const after: State = {
        ...before,
        guilds: reduceGuilds(before.guilds, event, me),
        channels: reduceChannels(before.channels, event, me),
        roles: reduceRoles(before.roles, event, me),
        members: reduceMembers(before.members, event, me),
        messages: reduceMessages(before.messages, event, me),
        presence: reducePresence(before.presence, event, me),
        voice: reduceVoice(before.voice, event, me),
        profiles: reduceProfiles(before.profiles, event),
        friends: reduceFriends(before.friends, event, me),
    };
    const names = Object.keys(after) as (keyof State)[];
    return names.every((name) => after[name] === before[name]) ? before : after;
}

function stateOf(state: State, me: string): State {
    return state.me === me ? state : { ...(state.me === undefined ? state : emptyState), me };
}

/** Parts of a state that were loaded over REST. */
export function load(state: State, parts: Partial<State>): State {
    return share(state, { ...state, ...parts });
}
