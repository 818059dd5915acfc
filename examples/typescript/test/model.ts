/**
 * A server as simple as can be: mutable, no permissions but membership, and for each change the events of the contract,
 * in its order. What a client should know after them is what {@link snapshot} takes from the tables, by the same loads
 * an application uses.
 */

import fc from "fast-check";
import type { Event } from "../src/envelope.js";
import type { Message } from "../src/generated/record/message.js";
import type { VoiceParticipant } from "../src/generated/record/voice_participant.js";
import { loadChannels } from "../src/state/channels.js";
import { type Friend, type FriendRequest, loadFriendRequests, loadFriends } from "../src/state/friends.js";
import { loadGuild, loadGuilds } from "../src/state/guilds.js";
import { loadMembers, type MemberState } from "../src/state/members.js";
import { loadMessages } from "../src/state/messages.js";
import { loadProfiles } from "../src/state/profiles.js";
import { loadRoles, type RoleState } from "../src/state/roles.js";
import { emptyState, load, reduce, type State } from "../src/state/state.js";
import { id, ME, message as sampleMessage, ready, TIME } from "./samples.js";

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
type Channel = { channel_id: string; name: string; kind: "text" | "voice" };

interface Guild {
    guild_id: string;
    name: string;
    visibility: "private" | "public";
    owner_user_id: string;
    default_join_role_id: string | null;
    channels: Channel[];
    roles: Mutable<RoleState>[];
    members: Map<string, Mutable<MemberState>>;
    messages: Map<string, Mutable<Message>[]>;
    online: Set<string>;
    voice: Map<string, Mutable<VoiceParticipant>[]>;
}

/** What one operation is made of: which one, and numbers that choose what it works on. */
export type Operation = readonly [kind: number, one: number, two: number, three: number];

const USERS = [ME, id(11), id(12), id(13), id(14)];
const EMOJI = ["👍", "🎉", "\ufb00", "ok"];

function pick<T>(list: readonly T[], number: number): T | undefined {
    return list.length === 0 ? undefined : list[number % list.length];
}

/** The server's tables. */
export class Model {
    private guilds: Guild[] = [];
    private profiles = new Map<string, { user_id: string; username: string; avatar_version: number }>();
    private friends = new Map<string, Mutable<Friend>>();
    private incoming = new Map<string, Mutable<FriendRequest>>();
    private outgoing = new Map<string, Mutable<FriendRequest>>();
    private time = TIME;
    private next = 100;

    constructor() {
        for (const user_id of USERS)
            this.profiles.set(user_id, { user_id, username: `user_${user_id.slice(-2)}`, avatar_version: 0 });
        this.guilds = [this.makeGuild(ME), this.makeGuild(id(11))];
    }

    /** A copy with tables of its own. */
    copy(): Model {
        const copy = new Model();
        Object.assign(copy, structuredClone({ ...this }));
        return copy;
    }

    private fresh(): string {
        this.next += 1;
        return id(this.next);
    }

    private makeGuild(owner: string): Guild {
        const guild_id = this.fresh();
        const role = (system_key: RoleState["system_key"], position: number): RoleState => ({
            role_id: this.fresh(),
            name: system_key as string,
            position,
            is_system: position === 0 || position === 10_000,
            permissions: ["create_message"],
            color_hex: null,
            system_key,
        });
        const roles = [role("workspace_owner", 10_000), role("moderator", 100), role("member", 1), role("everyone", 0)];
        const channel = (kind: "text" | "voice"): Channel => ({ channel_id: this.fresh(), name: kind, kind });
        const channels = [channel("text"), channel("voice")];
        const members = [ME, owner, id(12)].map((user_id): [string, MemberState] => [
            user_id,
            { user_id, role_ids: user_id === owner ? [roles[0]?.role_id as string] : [roles[2]?.role_id as string] },
        ]);
        return {
            guild_id,
            name: "guild",
            visibility: "private",
            owner_user_id: owner,
            default_join_role_id: roles[2]?.role_id as string,
            channels,
            roles,
            members: new Map(members),
            messages: new Map(channels.map(({ channel_id }) => [channel_id, []])),
            online: new Set([ME]),
            voice: new Map(channels.map(({ channel_id }) => [channel_id, []])),
        };
    }

    /** Does one thing; gives its events, none if there was nothing to do. */
    step([kind, one, two, three]: Operation): Event[] {
        // Now and then several things happen in one second.
        this.time += three % 3 === 0 ? 1 : 0;
        const guild = pick(this.guilds, one);
        if (guild === undefined) return this.stepOfUsers(kind, two, three);
        const channel = pick(guild.channels, two);
        const steps: (() => Event[])[] = [
            () => this.stepOfMessages(guild, channel, two, three),
            () => this.stepOfMessages(guild, channel, two, three),
            () => this.stepOfChannels(guild, channel, three),
            () => this.stepOfRoles(guild, two, three),
            () => this.stepOfMembers(guild, two, three),
            () => this.stepOfVoice(guild, channel, two, three),
            () => this.stepOfGuild(guild, two, three),
            () => this.stepOfPresence(guild, two, three),
            () => this.stepOfUsers(kind, two, three),
        ];
        return steps[kind % steps.length]?.() ?? [];
    }

    private stepOfMessages(guild: Guild, channel: Channel | undefined, two: number, three: number): Event[] {
        if (channel === undefined) return [];
        const { guild_id } = guild;
        const { channel_id } = channel;
        const list = guild.messages.get(channel_id) as Mutable<Message>[];
        const message = pick(list, two);
        const place = { guild_id, channel_id };
        if (message === undefined || three % 4 === 0) {
            this.next += 1;
            const created = {
                ...sampleMessage(this.next),
                ...place,
                message_id: id(this.next),
                created_at_unix: this.time,
            };
            list.push({ ...created });
            return [{ t: "message_create", d: created }];
        }
        const { message_id } = message;
        switch (three % 4) {
            case 1: {
                const content = `edit ${three % 7}`;
                if (content === message.content) return [];
                message.content = content;
                message.edited_at_unix = this.time;
                const updated_fields = { content, markdown_tokens: [] };
                return [
                    { t: "message_update", d: { ...place, message_id, updated_fields, updated_at_unix: this.time } },
                ];
            }
            case 2:
                list.splice(list.indexOf(message), 1);
                return [{ t: "message_delete", d: { ...place, message_id, deleted_at_unix: this.time } }];
            default:
                return this.react(place, message, pick(EMOJI, three >> 2) as string, pick(USERS, three >> 4) as string);
        }
    }

    private react(
        place: { guild_id: string; channel_id: string },
        message: Mutable<Message>,
        emoji: string,
        actor: string,
    ): Event[] {
        const reactors = new Set(message.reactions.find((reaction) => reaction.emoji === emoji)?.reactor_user_ids);
        const operation = reactors.delete(actor) ? "remove" : "add";
        if (operation === "add") reactors.add(actor);
        const count = reactors.size;
        const others = message.reactions.filter((reaction) => reaction.emoji !== emoji);
        const own = { emoji, count, reacted_by_me: reactors.has(ME), reactor_user_ids: [...reactors].sort() };
        const bytes = (text: string) => Buffer.from(text);
        message.reactions = [...others, ...(count > 0 ? [own] : [])].sort((a, b) =>
            Buffer.compare(bytes(a.emoji), bytes(b.emoji)),
        );
        const d = { ...place, message_id: message.message_id, emoji, count, operation, actor_user_id: actor } as const;
        return [{ t: "message_reaction", d }];
    }

    private stepOfChannels(guild: Guild, channel: Channel | undefined, three: number): Event[] {
        const { guild_id } = guild;
        const updated_at_unix = this.time;
        if (channel === undefined || three % 4 === 0) {
            const created: Channel = {
                channel_id: this.fresh(),
                name: "new",
                kind: three % 8 === 0 ? "voice" : "text",
            };
            guild.channels.push(created);
            guild.messages.set(created.channel_id, []);
            guild.voice.set(created.channel_id, []);
            return [
                { t: "channel_create", d: { guild_id, channel: { ...created } } },
                ...this.answers(guild, created.channel_id),
            ];
        }
        const { channel_id } = channel;
        switch (three % 4) {
            case 1:
                channel.name = `name ${three}`;
                return [
                    {
                        t: "channel_update",
                        d: { guild_id, channel_id, updated_fields: { name: channel.name }, updated_at_unix },
                    },
                ];
            case 2:
                guild.channels.splice(guild.channels.indexOf(channel), 1);
                guild.messages.delete(channel_id);
                guild.voice.delete(channel_id);
                return [
                    { t: "channel_delete", d: { guild_id, channel_id, deleted_at_unix: this.time } },
                    { t: "unsubscribed", d: { guild_id, channel_id, reason: "channel_deleted" } },
                ];
            default: {
                guild.channels.reverse();
                const channel_ids = guild.channels.map((each) => each.channel_id);
                return [{ t: "channel_reorder", d: { guild_id, channel_ids, updated_at_unix } }];
            }
        }
    }

    /** What a subscribe answers with. */
    private answers(guild: Guild, channel_id: string): Event[] {
        const { guild_id } = guild;
        return [
            { t: "presence_sync", d: { guild_id, user_ids: [...guild.online] } },
            { t: "subscribed", d: { guild_id, channel_id } },
            {
                t: "voice_participant_sync",
                d: {
                    guild_id,
                    channel_id,
                    participants: structuredClone(guild.voice.get(channel_id) ?? []),
                    synced_at_unix: this.time,
                },
            },
        ];
    }

    private stepOfRoles(guild: Guild, two: number, three: number): Event[] {
        const { guild_id } = guild;
        const by = { guild_id, actor_user_id: id(11) };
        const own = guild.roles.filter((role) => role.system_key === null);
        const role = pick(own, two);
        if (role === undefined || three % 4 === 0) {
            const created = {
                role_id: this.fresh(),
                name: "role",
                position: 2 + (three % 50),
                is_system: false,
                permissions: [],
            };
            guild.roles.push({ ...created, color_hex: null, system_key: null });
            this.sortRoles(guild);
            return [{ t: "workspace_role_create", d: { ...by, role: created, created_at_unix: this.time } }];
        }
        const { role_id } = role;
        switch (three % 4) {
            case 1: {
                role.color_hex = three % 8 === 1 ? null : "#00FF00";
                role.name = `role ${three}`;
                const updated_fields = { color_hex: role.color_hex, name: role.name };
                return [
                    { t: "workspace_role_update", d: { ...by, role_id, updated_fields, updated_at_unix: this.time } },
                ];
            }
            case 2: {
                guild.roles = guild.roles.filter((each) => each !== role);
                for (const member of guild.members.values())
                    member.role_ids = member.role_ids.filter((held) => held !== role_id);
                const events: Event[] = [
                    { t: "workspace_role_delete", d: { ...by, role_id, deleted_at_unix: this.time } },
                ];
                if (guild.default_join_role_id !== role_id) return events;
                guild.default_join_role_id = null;
                return [
                    ...events,
                    { t: "workspace_default_role_update", d: { ...by, role_id: null, updated_at_unix: this.time } },
                ];
            }
            default: {
                const moved = guild.roles
                    .filter((each) => each.system_key !== "everyone" && each.system_key !== "workspace_owner")
                    .reverse();
                for (const [index, each] of moved.entries()) each.position = moved.length - index;
                this.sortRoles(guild);
                const roles = moved.map(({ role_id, position }) => ({ role_id, position }));
                const role_ids = roles.map((each) => each.role_id);
                return [{ t: "workspace_role_reorder", d: { ...by, role_ids, roles, updated_at_unix: this.time } }];
            }
        }
    }

    private sortRoles(guild: Guild): void {
        guild.roles.sort((one, other) => other.position - one.position || (one.role_id < other.role_id ? -1 : 1));
    }

    private stepOfMembers(guild: Guild, two: number, three: number): Event[] {
        const by = { guild_id: guild.guild_id, actor_user_id: id(11) };
        const user_id = pick(USERS.slice(1), two) as string;
        const member = guild.members.get(user_id);
        if (member === undefined) {
            const role_id = guild.default_join_role_id;
            guild.members.set(user_id, { user_id, role_ids: role_id === null ? [] : [role_id] });
            const add: Event = {
                t: "workspace_member_add",
                d: { ...by, user_id, role: "member", joined_at_unix: this.time },
            };
            if (role_id === null) return [add];
            return [
                add,
                { t: "workspace_role_assignment_add", d: { ...by, user_id, role_id, assigned_at_unix: this.time } },
            ];
        }
        if (three % 4 === 0) {
            guild.members.delete(user_id);
            return [
                {
                    t: "workspace_member_remove",
                    d: { guild_id: by.guild_id, user_id, reason: "leave", removed_at_unix: this.time },
                },
            ];
        }
        const role = pick(
            guild.roles.filter((each) => !each.is_system),
            three,
        ) as RoleState;
        const { role_id } = role;
        if (member.role_ids.includes(role_id)) {
            member.role_ids = member.role_ids.filter((held) => held !== role_id);
            return [
                { t: "workspace_role_assignment_remove", d: { ...by, user_id, role_id, removed_at_unix: this.time } },
            ];
        }
        member.role_ids = [...member.role_ids, role_id].sort();
        return [{ t: "workspace_role_assignment_add", d: { ...by, user_id, role_id, assigned_at_unix: this.time } }];
    }

    private stepOfVoice(guild: Guild, channel: Channel | undefined, two: number, three: number): Event[] {
        if (channel === undefined) return [];
        const user_id = pick(USERS, two) as string;
        const place = { guild_id: guild.guild_id, channel_id: channel.channel_id };
        const list = guild.voice.get(channel.channel_id) as Mutable<VoiceParticipant>[];
        const known = list.find((participant) => participant.user_id === user_id);
        const identity = `u.${user_id}`;
        if (known === undefined) {
            const participant: VoiceParticipant = {
                user_id,
                identity,
                joined_at_unix: this.time,
                updated_at_unix: this.time,
                is_muted: false,
                is_deafened: false,
                is_speaking: false,
                is_video_enabled: false,
                is_screen_share_enabled: false,
            };
            list.push({ ...participant });
            list.sort(
                (one, other) => one.joined_at_unix - other.joined_at_unix || (one.identity < other.identity ? -1 : 1),
            );
            return [
                { t: "voice_participant_join", d: { ...place, participant } },
                {
                    t: "voice_stream_publish",
                    d: { ...place, user_id, identity, stream: "microphone", published_at_unix: this.time },
                },
            ];
        }
        const at = { ...place, user_id, identity };
        if (three % 3 === 0) {
            list.splice(list.indexOf(known), 1);
            return [{ t: "voice_participant_leave", d: { ...at, left_at_unix: this.time } }];
        }
        known.updated_at_unix = this.time;
        if (three % 3 === 1) {
            known.is_muted = !known.is_muted;
            return [
                {
                    t: "voice_participant_update",
                    d: { ...at, updated_fields: { is_muted: known.is_muted }, updated_at_unix: this.time },
                },
            ];
        }
        known.is_video_enabled = !known.is_video_enabled;
        const stream = "camera" as const;
        return [
            known.is_video_enabled
                ? { t: "voice_stream_publish", d: { ...at, stream, published_at_unix: this.time } }
                : { t: "voice_stream_unpublish", d: { ...at, stream, unpublished_at_unix: this.time } },
            {
                t: "voice_participant_update",
                d: { ...at, updated_fields: { is_video_enabled: known.is_video_enabled }, updated_at_unix: this.time },
            },
        ];
    }

    private stepOfGuild(guild: Guild, two: number, three: number): Event[] {
        const by = { guild_id: guild.guild_id, actor_user_id: id(11), updated_at_unix: this.time };
        switch (three % 3) {
            case 0:
                guild.name = `guild ${three}`;
                return [{ t: "workspace_update", d: { ...by, updated_fields: { name: guild.name } } }];
            case 1: {
                const previous_owner_user_id = guild.owner_user_id;
                guild.owner_user_id = pick([...guild.members.keys()], two) as string;
                return [
                    {
                        t: "workspace_owner_update",
                        d: { ...by, owner_user_id: guild.owner_user_id, previous_owner_user_id },
                    },
                ];
            }
            default:
                guild.default_join_role_id =
                    pick(
                        guild.roles.filter((role) => !role.is_system),
                        two,
                    )?.role_id ?? null;
                return [{ t: "workspace_default_role_update", d: { ...by, role_id: guild.default_join_role_id } }];
        }
    }

    private stepOfPresence(guild: Guild, two: number, _three: number): Event[] {
        const user_id = pick(USERS.slice(1), two) as string;
        const status = guild.online.delete(user_id) ? "offline" : "online";
        if (status === "online") guild.online.add(user_id);
        return [{ t: "presence_update", d: { guild_id: guild.guild_id, user_id, status } }];
    }

    private stepOfUsers(kind: number, two: number, three: number): Event[] {
        const user_id = pick(USERS.slice(1), two) as string;
        const profile = this.profiles.get(user_id) as { username: string; avatar_version: number };
        const at = { updated_at_unix: this.time };
        switch (three % 5) {
            case 0: {
                profile.username = `name_${three}_${kind}`;
                for (const friend of this.friends.values())
                    if (friend.user_id === user_id) friend.username = profile.username;
                for (const request of [...this.incoming.values(), ...this.outgoing.values()]) {
                    if (request.sender_user_id === user_id) request.sender_username = profile.username;
                    if (request.recipient_user_id === user_id) request.recipient_username = profile.username;
                }
                return [{ t: "profile_update", d: { user_id, updated_fields: { username: profile.username }, ...at } }];
            }
            case 1:
                profile.avatar_version += 1 + (three % 9);
                return [{ t: "profile_avatar_update", d: { user_id, avatar_version: profile.avatar_version, ...at } }];
            case 2:
                return this.request(user_id, three % 2 === 0);
            case 3:
                return this.answerRequest(three);
            default:
                if (!this.friends.delete(user_id)) return [];
                return [
                    {
                        t: "friend_remove",
                        d: { user_id: ME, friend_user_id: user_id, removed_at_unix: this.time, actor_user_id: user_id },
                    },
                ];
        }
    }

    private request(user_id: string, mine: boolean): Event[] {
        const open = [...this.incoming.values(), ...this.outgoing.values()];
        const isOpen = open.some((request) => [request.sender_user_id, request.recipient_user_id].includes(user_id));
        if (this.friends.has(user_id) || isOpen) return [];
        const [sender, recipient] = mine ? [ME, user_id] : [user_id, ME];
        const nameOf = (user: string) => this.profiles.get(user)?.username as string;
        const request: FriendRequest = {
            request_id: this.fresh(),
            sender_user_id: sender,
            sender_username: nameOf(sender),
            recipient_user_id: recipient,
            recipient_username: nameOf(recipient),
            created_at_unix: this.time,
        };
        (mine ? this.outgoing : this.incoming).set(request.request_id, { ...request });
        return [{ t: "friend_request_create", d: request }];
    }

    private answerRequest(three: number): Event[] {
        const request = pick([...this.incoming.values(), ...this.outgoing.values()], three);
        if (request === undefined) return [];
        const { request_id, sender_user_id, recipient_user_id } = request;
        this.incoming.delete(request_id);
        this.outgoing.delete(request_id);
        const friend_user_id = sender_user_id === ME ? recipient_user_id : sender_user_id;
        if (three % 2 === 0) {
            return [
                {
                    t: "friend_request_delete",
                    d: { request_id, deleted_at_unix: this.time, actor_user_id: friend_user_id },
                },
            ];
        }
        const username = this.profiles.get(friend_user_id)?.username as string;
        this.friends.set(friend_user_id, { user_id: friend_user_id, username, created_at_unix: this.time });
        const d = {
            request_id,
            state: "accepted",
            user_id: ME,
            friend_user_id,
            friend_username: username,
            friendship_created_at_unix: this.time,
            updated_at_unix: this.time,
            actor_user_id: recipient_user_id,
        } as const;
        return [{ t: "friend_request_update", d }];
    }

    /** Puts everything into a state, as an application loads it. */
    loadInto(state: State): State {
        let next = load(state, {
            guilds: loadGuilds(state.guilds, this.guilds),
            profiles: loadProfiles(
                state.profiles,
                [...this.profiles.values()].map((profile) => ({ ...profile })),
            ),
            friends: loadFriendRequests(loadFriends(state.friends, structuredClone([...this.friends.values()])), {
                incoming: structuredClone([...this.incoming.values()]),
                outgoing: structuredClone([...this.outgoing.values()]),
            }),
        });
        for (const guild of this.guilds) next = this.loadGuildInto(next, structuredClone(guild));
        return next;
    }

    private loadGuildInto(state: State, guild: Guild): State {
        const { guild_id } = guild;
        const page = { members: [...guild.members.values()], next_cursor: null };
        let next = load(state, {
            guilds: loadGuild(state.guilds, guild),
            channels: loadChannels(state.channels, guild_id, guild.channels),
            roles: loadRoles(state.roles, guild_id, guild.roles),
            members: loadMembers(state.members, guild_id, page),
        });
        next = reduce(next, { t: "presence_sync", d: { guild_id, user_ids: [...guild.online] } });
        for (const [channel_id, list] of guild.messages) {
            const messages = loadMessages(
                next.messages,
                { guild_id, channel_id },
                { messages: [...list].reverse(), next_before: null },
            );
            next = load(next, { messages });
            // Presence and voice have no load: the answers of a subscribe are what tells them.
            next = this.answers(guild, channel_id).reduce(reduce, next);
        }
        return next;
    }
}

/** Any small number. */
export const number = fc.nat({ max: 1_000 });
/** A history to be. */
export const operations = fc.array(fc.tuple(number, number, number, number) as fc.Arbitrary<Operation>, {
    minLength: 1,
    maxLength: 60,
});

/** The model before each operation and after the last, and the events of each operation. */
export function history(list: readonly Operation[]): { models: Model[]; events: Event[][] } {
    const model = new Model();
    const models = [model.copy()];
    const events: Event[][] = [];
    for (const operation of list) {
        events.push(model.step(operation));
        models.push(model.copy());
    }
    return { models, events };
}

/** The state of a client that knows nothing but who it is. */
export const stranger: State = reduce(emptyState, { t: "ready", d: ready() } as Event);

/** The state of a client that has just loaded everything. */
export function snapshot(model: Model): State {
    return model.loadInto(stranger);
}
