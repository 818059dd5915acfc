import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "@filament/protocol/envelope";
import { reduce } from "@filament/protocol/state";
import { Diagnostics, LINES_MAX, NAMES_MAX, total } from "../../src/client/diagnostics.js";
import { farewell, lostChannel } from "../../src/client/farewell.js";
import { LOOKUP_USERS_MAX, Names } from "../../src/client/names.js";
import { CHANNELS_MAX, moved, newestOfOthers, parseMarks } from "../../src/client/unread.js";
import { CHANNELS_WANTED_MAX, wantedChannels } from "../../src/client/wanted.js";
import { channel, GUILD, guildState, id, ME } from "./samples.js";

const never = () => false;

test("channels that are seen are listened to, those that are only managed are not", () => {
    const state = guildState([channel(2), channel(3, 0), channel(4)]);
    assert.deepEqual(
        wantedChannels(state, GUILD, never).map(({ channel_id }) => channel_id),
        [id(2), id(4)],
    );
});

test("a channel that was just taken away is not asked for again until one's access changes", () => {
    const state = guildState([channel(2), channel(3)]);
    const lostAt = 1;
    const isBlocked = ({ channel_id }: { channel_id: string }, access_rev: number | undefined) =>
        channel_id === id(3) && access_rev === lostAt;
    assert.deepEqual(
        wantedChannels(state, GUILD, isBlocked).map(({ channel_id }) => channel_id),
        [id(2)],
    );
    const later = { ...state, channels: { [GUILD]: { list: [channel(2), channel(3)], access_rev: 2 } } };
    assert.equal(wantedChannels(later, GUILD, isBlocked).length, 2);
});

test("the open guild comes first, and there is a bound", () => {
    const many = Array.from({ length: CHANNELS_WANTED_MAX + 5 }, (_, index) => channel(100 + index));
    const base = guildState([channel(2)]);
    const state = {
        ...base,
        guilds: {
            [id(8)]: { ...base.guilds[GUILD], guild_id: id(8), name: "Other", visibility: "private" as const },
            ...base.guilds,
        },
        channels: { ...base.channels, [id(8)]: { list: many } },
    };
    const wanted = wantedChannels(state, GUILD, never);
    assert.equal(wanted.length, CHANNELS_WANTED_MAX);
    assert.equal(wanted[0]?.channel_id, id(2));
});

test("read marks only move forward and stay bounded", () => {
    const marks = moved(moved({}, id(1), id(50)), id(1), id(40));
    assert.deepEqual(marks, { [id(1)]: id(50) });
    let many = {};
    for (let number = 0; number < CHANNELS_MAX + 3; number += 1)
        many = moved(many, id(10_000 + number), id(20_000 + number));
    assert.equal(Object.keys(many).length, CHANNELS_MAX);
    assert.equal(Object.keys(many).includes(id(10_000)), false);
});

test("read marks that cannot be read are none", () => {
    for (const text of [null, "", "7", "null", "{"]) assert.deepEqual(parseMarks(text), {});
    assert.deepEqual(parseMarks('{"a":"b","c":1}'), { a: "b" });
});

test("one's own messages are never unread", () => {
    const list = [
        { message_id: id(1), author_id: id(7) },
        { message_id: id(2), author_id: ME },
    ];
    assert.equal(newestOfOthers(list, ME), id(1));
    assert.equal(newestOfOthers([], ME), undefined);
});

test("diagnostics stay bounded whatever the server calls its events", () => {
    const diagnostics = new Diagnostics(() => 0);
    for (let number = 0; number < NAMES_MAX + 20; number += 1) diagnostics.unknownEvent(`event_${number}`);
    assert.equal(diagnostics.unknown.get("other"), 20);
    assert.equal(total(diagnostics.unknown), NAMES_MAX + 20);
    assert.equal(diagnostics.log.length, LINES_MAX);
});

test("names are asked for together, once, and again after a failure", async () => {
    const asked: (readonly string[])[] = [];
    const timers: (() => void)[] = [];
    let fails = true;
    const load = async (users: readonly string[]) => {
        asked.push(users);
        if (fails) throw new Error("busy");
    };
    const names = new Names(load, (run) => timers.push(run));
    const users = Array.from({ length: LOOKUP_USERS_MAX + 1 }, (_, index) => id(index));
    for (const user of [...users, ...users]) names.want(user);
    timers.shift()?.();
    assert.deepEqual(
        asked.map(({ length }) => length),
        [LOOKUP_USERS_MAX, 1],
    );
    await Promise.resolve();
    await Promise.resolve();
    fails = false;
    for (let run = timers.shift(); run !== undefined; run = timers.shift()) run();
    assert.equal(asked.flat().length, 2 * users.length);
});

test("being removed says why, once, and leaving by oneself says nothing", () => {
    const state = guildState([channel(2)]);
    const told = (reason: "kicked" | "banned" | "deleted" | "left", before = state) =>
        farewell({ t: "workspace_unavailable", d: { guild_id: GUILD, reason, unavailable_at_unix: 1 } }, before)?.title;
    assert.equal(told("kicked"), "You were removed from Garden");
    assert.equal(told("banned"), "You were banned from Garden");
    assert.equal(told("deleted"), "Garden was deleted");
    assert.equal(told("left"), undefined);
    const removed = (user_id: string): Event => ({
        t: "workspace_member_remove",
        d: { guild_id: GUILD, user_id, reason: "kick", removed_at_unix: 1 },
    });
    assert.equal(farewell(removed(ME), state)?.title, "You were removed from Garden");
    assert.equal(farewell(removed(id(8)), state), undefined);
    assert.equal(told("kicked", reduce(state, removed(ME))), undefined);
});

test("a channel that is taken away is named, one that was given up or never seen is not", () => {
    const state = guildState([channel(2), channel(3, 0)]);
    const event = (number: number, reason: "access_revoked" | "requested"): Event => ({
        t: "unsubscribed",
        d: { guild_id: GUILD, channel_id: id(number), reason },
    });
    assert.equal(lostChannel(event(2, "access_revoked"), state), "You cannot see #channel-2 any more.");
    assert.equal(lostChannel(event(2, "requested"), state), undefined);
    const deleted = (number: number): Event => ({
        t: "channel_delete",
        d: { guild_id: GUILD, channel_id: id(number), deleted_at_unix: 1 },
    });
    assert.equal(lostChannel(deleted(2), state), "#channel-2 was deleted.");
    assert.equal(lostChannel(deleted(3), state), undefined);
});
