/**
 * What is loaded over REST: the beginning of everything, of which events then keep the rest (see `Store.mark`).
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import { load, type State } from "@filament/protocol/state";
import { loadChannelAccess } from "@filament/protocol/state/channels";
import { loadFriendRequests, loadFriends } from "@filament/protocol/state/friends";
import { loadGuild, loadGuildAccess, loadGuilds } from "@filament/protocol/state/guilds";
import { loadMembers } from "@filament/protocol/state/members";
import { loadMessages } from "@filament/protocol/state/messages";
import { loadProfiles } from "@filament/protocol/state/profiles";
import { loadRoles } from "@filament/protocol/state/roles";
import type { Store } from "@filament/protocol/state/store";
import { messages } from "../api/channels.js";
import { guilds, members } from "../api/guilds.js";
import type { Http } from "../api/http.js";
import { friends, people } from "../api/people.js";
import { roles } from "../api/roles.js";

/** Messages of one page. */
export const MESSAGES_PAGE = 50;
/** Member pages loaded without being asked for: 1,000 members. */
const MEMBER_PAGES_MAX = 5;
/** Attempts at a load that events overtook. */
const ATTEMPTS_MAX = 3;

/** Loads into a store. */
export class Loads {
    constructor(
        private readonly http: Http,
        private readonly store: Store,
    ) {}

    async guilds(): Promise<void> {
        await this.take(
            () => guilds.list(this.http),
            (state, list) => load(state, { guilds: loadGuilds(state.guilds, list.guilds) }),
        );
    }

    /** What every view of a guild needs first: the user's own access, which names the channels. */
    async access(guild: string): Promise<void> {
        await this.take(
            () => guilds.access(this.http, guild),
            (state, access) =>
                load(state, {
                    guilds: loadGuildAccess(state.guilds, access),
                    // A guild that was left meanwhile must not come back.
                    ...(state.guilds[guild] && { channels: loadChannelAccess(state.channels, access) }),
                }),
        );
    }

    async details(guild: string): Promise<void> {
        await this.take(
            () => guilds.details(this.http, guild),
            (state, details) =>
                state.guilds[guild] ? load(state, { guilds: loadGuild(state.guilds, details) }) : state,
        );
    }

    async roles(guild: string): Promise<void> {
        await this.take(
            () => roles.list(this.http, guild),
            (state, list) =>
                state.guilds[guild] ? load(state, { roles: loadRoles(state.roles, guild, list.roles) }) : state,
        );
    }

    /** The first members; gives the cursor of the rest, if there is one. */
    async members(guild: string, cursor?: string): Promise<string | undefined> {
        let next = cursor;
        for (let page = 0; page < MEMBER_PAGES_MAX; page += 1) {
            const from = next;
            const answer = await this.take(
                () => members.page(this.http, guild, from),
                (state, value) =>
                    state.guilds[guild]
                        ? load(state, { members: loadMembers(state.members, guild, value, from) })
                        : state,
            );
            if (answer.next_cursor === null) return undefined;
            next = answer.next_cursor;
        }
        return next;
    }

    /** A page of messages, the newest or those before one. */
    async messages(channel: ChannelKey, before?: string, limit = MESSAGES_PAGE): Promise<void> {
        await this.take(
            () => messages.page(this.http, channel, limit, before),
            (state, page) => load(state, { messages: loadMessages(state.messages, channel, page, before) }),
        );
    }

    async profile(user: string): Promise<void> {
        await this.take(
            () => people.profile(this.http, user),
            (state, profile) => load(state, { profiles: loadProfiles(state.profiles, [profile]) }),
        );
    }

    /** Names and pictures of users, at most 64. */
    async names(users: readonly string[]): Promise<void> {
        await this.take(
            () => people.lookup(this.http, users),
            (state, answer) => load(state, { profiles: loadProfiles(state.profiles, answer.users) }),
        );
    }

    async friends(): Promise<void> {
        await this.take(
            async () => ({ list: await friends.list(this.http), requests: await friends.requests(this.http) }),
            (state, { list, requests }) =>
                load(state, { friends: loadFriendRequests(loadFriends(state.friends, list.friends), requests) }),
        );
    }

    private async take<T>(request: () => Promise<T>, put: (state: State, answer: T) => State): Promise<T> {
        for (let attempt = 1; ; attempt += 1) {
            const mark = this.store.mark();
            const answer = await request().catch((error: unknown) => {
                this.store.cancel(mark);
                throw error;
            });
            if (this.store.load(mark, (state) => put(state, answer)) || attempt === ATTEMPTS_MAX) return answer;
        }
    }
}
