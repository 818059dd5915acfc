/**
 * Histories that the Rust side recorded with its real core and delivery, replayed through the reducers here: what a viewer took in, and
 * what its own small reducer then knew, byte by byte. `FILAMENT_CORPUS` names the folder; `cargo xtask test typescript` writes it.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Event, readEvent } from "../src/envelope.js";
import { events } from "../src/generated/events.js";
import type { Message } from "../src/generated/record/message.js";
import type { EventMap } from "../src/generated/events.js";
import { loadChannelAccess } from "../src/state/channels.js";
import { type GuildDetails, loadGuild, loadGuildAccess } from "../src/state/guilds.js";
import { loadMembers, type MemberState } from "../src/state/members.js";
import { loadMessages } from "../src/state/messages.js";
import { loadRoles, type RoleState } from "../src/state/roles.js";
import { emptyState, load, reduce, type State } from "../src/state/state.js";

const FOLDER = process.env.FILAMENT_CORPUS;
/** Fewer mean that the recorder has changed. */
const HISTORIES_MIN = 100;
const COMPARISONS_MIN = 500;

interface GuildAnswers {
    readonly details: GuildDetails;
    readonly access: Omit<EventMap["workspace_access_update"], "updated_at_unix">;
    readonly roles: readonly RoleState[];
    readonly members: readonly MemberState[];
}

interface MessagesAnswer {
    readonly guild_id: string;
    readonly channel_id: string;
    readonly messages: readonly Message[];
}

/** One line of a history. */
type Line =
    | { readonly me: string }
    | { readonly event: unknown }
    | { readonly guild: GuildAnswers }
    | { readonly messages: MessagesAnswer }
    | { readonly nothing: true }
    | { readonly expect: string };

/** Plain JSON with sorted names and no white space; `undefined` is not there. */
function canonical(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

/** What both sides keep, in the shape of the Rust reducer. */
function known(state: State): unknown {
    const guilds = Object.values(state.guilds).map((guild) => {
        const { guild_id, name, visibility, owner_user_id, default_join_role_id, access } = guild;
        const members = Object.values(state.members[guild_id] ?? {});
        return [
            guild_id,
            {
                name,
                visibility,
                owner_user_id,
                default_join_role_id,
                ...access,
                channels: state.channels[guild_id]?.list,
                roles: state.roles[guild_id],
                members: Object.fromEntries(members.map(({ user_id, role_ids }) => [user_id, role_ids])),
            },
        ];
    });
    const messages = Object.entries(state.messages).map(([channel_id, { guild_id, list }]) => [
        channel_id,
        { guild_id, list },
    ]);
    return { guilds: Object.fromEntries(guilds), messages: Object.fromEntries(messages) };
}

function takeGuild(state: State, { details, access, roles, members }: GuildAnswers): State {
    const { guild_id } = details;
    const guilds = loadGuildAccess(loadGuild(state.guilds, details), access);
    return load(state, {
        guilds,
        channels: loadChannelAccess(state.channels, access),
        roles: loadRoles(state.roles, guild_id, roles),
        members: loadMembers(state.members, guild_id, { members, next_cursor: null }),
    });
}

function takeMessages(state: State, { guild_id, channel_id, messages }: MessagesAnswer): State {
    const page = { messages, next_before: null };
    return load(state, { messages: loadMessages(state.messages, { guild_id, channel_id }, page) });
}

function takeEvent(state: State, message: unknown): State {
    const received = readEvent(message, events, { strict: true });
    assert.ok(received.ok && received.value.known, JSON.stringify(received));
    return reduce(state, received.value.event satisfies Event);
}

/** Replays one history; gives how often it was compared. */
function replay(name: string): number {
    const lines = readFileSync(join(FOLDER as string, name), "utf8").trimEnd().split("\n");
    let state: State = emptyState;
    let me = "";
    let comparisons = 0;
    for (const [index, text] of lines.entries()) {
        const line = JSON.parse(text) as Line;
        if ("me" in line) me = line.me;
        if ("me" in line || "nothing" in line) state = { ...emptyState, me };
        else if ("event" in line) state = takeEvent(state, line.event);
        else if ("guild" in line) state = takeGuild(state, line.guild);
        else if ("messages" in line) state = takeMessages(state, line.messages);
        else {
            assert.equal(canonical(known(state)), line.expect, `${name}, line ${index + 1}`);
            comparisons += 1;
        }
    }
    return comparisons;
}

const skip = FOLDER === undefined && "FILAMENT_CORPUS names no folder";

test("recorded histories come to what the Rust reducer made of them", { skip }, () => {
    const names = readdirSync(FOLDER as string).filter((name) => name.endsWith(".jsonl"));
    const comparisons = names.map(replay).reduce((sum, count) => sum + count, 0);
    assert.ok(names.length >= HISTORIES_MIN && comparisons >= COMPARISONS_MIN, `${names.length}, ${comparisons}`);
});
