/** The reducers: what single events do, and the laws that make loads and streams fit together. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Event } from "../src/envelope.js";
import { loadChannelAccess } from "../src/state/channels.js";
import { legacyRole, loadMembers } from "../src/state/members.js";
import { addMessage, keepNewest, loadMessages } from "../src/state/messages.js";
import { reduceReactions } from "../src/state/reactions.js";
import { emptyState, load, reduce, type State } from "../src/state/state.js";
import { EVENTS_KEPT_MAX, Store } from "../src/state/store.js";
import { history, Model, number, operations, snapshot, stranger } from "./model.js";
import { CHANNEL, GUILD, id, ME, message, OTHER, ready, TIME } from "./samples.js";

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/** That a new channel has no older messages is known from a load only. */
function comparable(state: State): State {
    const whole = Object.entries(state.messages).map(([channel_id, channel]) => [
        channel_id,
        { ...channel, complete: true },
    ]);
    return { ...state, messages: Object.fromEntries(whole) };
}

describe("laws", () => {
    test("a snapshot and the events after it make what a later snapshot is", () => {
        fc.assert(
            fc.property(operations, number, (list, from) => {
                const { models, events } = history(list);
                const start = from % models.length;
                const streamed = events
                    .slice(start)
                    .flat()
                    .reduce(reduce, snapshot(at(models, start)));
                assert.deepEqual(comparable(streamed), comparable(snapshot(models.at(-1) as Model)));
            }),
            { numRuns: 300 },
        );
    });

    test("a load that is older than what came meanwhile does no harm", () => {
        fc.assert(
            fc.property(operations, number, number, (list, one, two) => {
                const { models, events } = history(list);
                const [asked, answered] = [one % models.length, two % models.length].sort((a, b) => a - b) as [
                    number,
                    number,
                ];
                const store = new Store();
                for (const event of events.slice(0, asked).flat()) store.apply(event);
                store.apply({ t: "ready", d: ready() } as Event);
                const mark = store.mark();
                for (const event of events.slice(asked).flat()) store.apply(event);
                assert.ok(store.load(mark, (state) => at(models, answered).loadInto(state)));
                assert.deepEqual(comparable(store.current), comparable(snapshot(models.at(-1) as Model)));
            }),
            { numRuns: 300 },
        );
    });

    test("an event applied twice changes nothing the second time", () => {
        fc.assert(
            fc.property(operations, (list) => {
                const { models, events } = history(list);
                let state = snapshot(at(models, 0));
                for (const event of events.flat()) {
                    const once = reduce(state, event);
                    assert.equal(reduce(once, event), once, event.t);
                    state = once;
                }
            }),
            { numRuns: 200 },
        );
    });

    test("a stretch of the stream applied again ends where it ended", () => {
        fc.assert(
            fc.property(operations, number, (list, from) => {
                const { models, events } = history(list);
                const flat = events.flat();
                const end = flat.reduce(reduce, snapshot(at(models, 0)));
                assert.deepEqual(flat.slice(from % (flat.length + 1)).reduce(reduce, end), end);
            }),
            { numRuns: 200 },
        );
    });

    test("events of what is not known change nothing", () => {
        const bringers = ["subscribed", "presence_sync", "voice_participant_sync"];
        fc.assert(
            fc.property(operations, (list) => {
                for (const event of history(list).events.flat()) {
                    if (!bringers.includes(event.t)) assert.equal(reduce(stranger, event), stranger, event.t);
                    assert.doesNotThrow(() => reduce(emptyState, event));
                }
            }),
            { numRuns: 100 },
        );
    });

    test("what an event does not concern stays the same object", () => {
        fc.assert(
            fc.property(operations, (list) => {
                const { models, events } = history(list);
                let state = snapshot(at(models, 0));
                for (const event of events.flat()) {
                    const next = reduce(state, event);
                    assertShared(state, next);
                    state = next;
                }
            }),
            { numRuns: 50 },
        );
    });

    test("loading what is known already changes nothing", () => {
        fc.assert(
            fc.property(operations, (list) => {
                const { models } = history(list);
                const model = models.at(-1) as Model;
                const state = snapshot(model);
                assert.equal(model.loadInto(state), state);
            }),
            { numRuns: 50 },
        );
    });
});

/** Parts that are equal are the same object, at every depth. */
function assertShared(before: unknown, after: unknown, path = "state"): void {
    if (
        before === after ||
        typeof before !== "object" ||
        typeof after !== "object" ||
        before === null ||
        after === null
    )
        return;
    assert.notDeepEqual(before, after, `${path} is equal and yet another object`);
    // Items of one place are not always one thing.
    if (Array.isArray(before)) return;
    for (const name of Object.keys(before)) {
        assertShared(
            (before as Record<string, unknown>)[name],
            (after as Record<string, unknown>)[name],
            `${path}.${name}`,
        );
    }
}

const HERE = { guild_id: GUILD, channel_id: CHANNEL };

function played(...events: readonly object[]): State {
    return (events as Event[]).reduce(reduce, stranger);
}

const subscribed = { t: "subscribed", d: HERE };
const created = (number: number) => ({ t: "message_create", d: message(number) });
const available = {
    t: "workspace_available",
    d: {
        guild_id: GUILD,
        name: "guild",
        visibility: "private",
        owner_user_id: OTHER,
        reason: "joined",
        available_at_unix: TIME,
    },
};
const access = (access_rev: number, ...ids: string[]) => ({
    t: "workspace_access_update",
    d: {
        guild_id: GUILD,
        access_rev,
        role: "member",
        permissions: ["create_message"],
        channels: ids.map((channel_id, position) => ({
            channel_id,
            name: "c",
            kind: "text",
            position,
            permission_bits: 256,
        })),
        updated_at_unix: TIME,
    },
});

describe("guilds", () => {
    test("one that becomes available is known, one that does not is forgotten in every family", () => {
        const inside = [available, access(1, CHANNEL), subscribed, created(1)];
        const sync = { t: "presence_sync", d: { guild_id: GUILD, user_ids: [ME] } };
        const voice = { t: "voice_participant_sync", d: { ...HERE, participants: [], synced_at_unix: TIME } };
        const known = played(...inside, sync, voice);
        assert.equal(known.guilds[GUILD]?.access?.access_rev, 1);
        assert.equal(known.channels[GUILD]?.list[0]?.permission_bits, 256);
        for (const end of [
            { t: "workspace_unavailable", d: { guild_id: GUILD, reason: "kicked", unavailable_at_unix: TIME } },
            { t: "workspace_delete", d: { guild_id: GUILD, deleted_at_unix: TIME, actor_user_id: OTHER } },
            {
                t: "workspace_member_remove",
                d: { guild_id: GUILD, user_id: ME, reason: "leave", removed_at_unix: TIME },
            },
        ]) {
            assert.deepEqual(reduce(known, end as Event), stranger, end.t);
        }
    });

    test("older access does not replace newer", () => {
        const state = played(available, access(5, CHANNEL), access(4));
        assert.equal(state.guilds[GUILD]?.access?.access_rev, 5);
        assert.equal(state.channels[GUILD]?.list.length, 1);
        assert.equal(loadChannelAccess(state.channels, access(3).d as never), state.channels);
    });

    test("another user's ready forgets everything", () => {
        const state = played(available);
        assert.equal(reduce(state, { t: "ready", d: ready() } as Event), state);
        assert.deepEqual(reduce(state, { t: "ready", d: ready({ user_id: OTHER }) } as Event), {
            ...emptyState,
            me: OTHER,
        });
    });
});

describe("messages", () => {
    test("they stand in the order of their ids, whatever the order in which they come", () => {
        const state = played(subscribed, created(2), created(1), created(3), created(2));
        assert.deepEqual(
            state.messages[CHANNEL]?.list.map(({ content }) => content),
            ["message 1", "message 2", "message 3"],
        );
    });

    test("losing sight of a channel forgets its messages, ending a subscription marks a gap", () => {
        const known = played(available, access(1, CHANNEL), subscribed, created(1));
        assert.equal(reduce(known, access(2, id(99)) as Event).messages[CHANNEL], undefined);
        const end = (reason: string, parts: object = { channel_id: CHANNEL }) =>
            reduce(known, { t: "unsubscribed", d: { guild_id: GUILD, reason, ...parts } } as Event).messages[CHANNEL];
        assert.equal(end("access_revoked"), undefined);
        assert.equal(end("access_revoked", {}), undefined);
        assert.equal(end("requested")?.gap, true);
        assert.equal(end("requested")?.list.length, 1);
    });

    test("a connection that does not resume leaves gaps, and the newest page mends them", () => {
        const list = [message(3), message(2)];
        const known = played(subscribed, created(1), created(2));
        assert.equal(reduce(known, { t: "ready", d: ready({ resume: "replaying" }) } as Event), known);
        const torn = reduce(known, { t: "ready", d: ready() } as Event);
        assert.equal(torn.messages[CHANNEL]?.gap, true);
        const mended = loadMessages(torn.messages, HERE, {
            messages: list,
            next_before: list[1]?.message_id as string,
        });
        assert.deepEqual(mended[CHANNEL], {
            guild_id: GUILD,
            list: [message(2), message(3)],
            complete: false,
            gap: false,
        });
        const whole = loadMessages(mended, HERE, { messages: [message(1)], next_before: null }, message(2).message_id);
        assert.deepEqual(whole[CHANNEL], {
            guild_id: GUILD,
            list: [1, 2, 3].map((each) => message(each)),
            complete: true,
            gap: false,
        });
        assert.equal(whole[CHANNEL]?.list[1], mended[CHANNEL]?.list[0]);
        const reset = { t: "reset", d: { reason: "visibility_gap", ...HERE } };
        assert.equal(reduce(load(torn, { messages: whole }), reset as Event).messages[CHANNEL]?.gap, true);
    });

    test("the answer to one's own post and its event make one message", () => {
        const known = played(subscribed);
        const answered = addMessage(known.messages, message(1));
        assert.equal(addMessage(answered, message(1)), answered);
        assert.deepEqual(reduce(load(known, { messages: answered }), created(1) as Event).messages, answered);
    });

    test("old messages can be forgotten and are then not complete", () => {
        const known = played(subscribed, created(1), created(2), created(3));
        const page = { messages: [3, 2, 1].map((each) => message(each)), next_before: null };
        const whole = loadMessages(known.messages, HERE, page);
        assert.equal(keepNewest(whole, CHANNEL, 3), whole);
        const kept = keepNewest(whole, CHANNEL, 1);
        assert.deepEqual(kept[CHANNEL], { guild_id: GUILD, list: [message(3)], complete: false, gap: false });
        assert.equal(keepNewest(kept, OTHER, 1), kept);
    });

    test("an attachment that goes is no edit", () => {
        const attachment = { attachment_id: id(50) };
        const first = { t: "message_create", d: { ...message(1), attachments: [attachment] } };
        const update = (content: string, parts: object, at: number) => ({
            t: "message_update",
            d: {
                ...HERE,
                message_id: message(1).message_id,
                updated_fields: { content, markdown_tokens: [], ...parts },
                updated_at_unix: at,
            },
        });
        const state = played(subscribed, first, update("message 1", { attachments: [] }, TIME + 5));
        assert.equal(state.messages[CHANNEL]?.list[0]?.edited_at_unix, undefined);
        assert.deepEqual(state.messages[CHANNEL]?.list[0]?.attachments, []);
        const edited = [update("new", {}, TIME + 9), update("old", {}, TIME + 8)].reduce(
            (each, event) => reduce(each, event as Event),
            state,
        );
        assert.equal(edited.messages[CHANNEL]?.list[0]?.content, "new");
        assert.equal(edited.messages[CHANNEL]?.list[0]?.edited_at_unix, TIME + 9);
    });

    test("reactions stand bytewise by emoji and know one's own", () => {
        const add = (emoji: string, count: number, actor_user_id: string, operation = "add") =>
            ({ ...HERE, message_id: id(60), emoji, count, operation, actor_user_id }) as Parameters<
                typeof reduceReactions
            >[1];
        let reactions = reduceReactions([], add("🎉", 1, OTHER), ME);
        reactions = reduceReactions(reactions, add("\ufb00", 1, ME), ME);
        reactions = reduceReactions(reactions, add("🎉", 2, ME), ME);
        assert.deepEqual(reactions, [
            { emoji: "\ufb00", count: 1, reacted_by_me: true, reactor_user_ids: [ME] },
            { emoji: "🎉", count: 2, reacted_by_me: true, reactor_user_ids: [ME, OTHER] },
        ]);
        reactions = reduceReactions(reactions, add("🎉", 1, ME, "remove"), ME);
        reactions = reduceReactions(reactions, add("\ufb00", 0, ME, "remove"), ME);
        assert.deepEqual(reactions, [{ emoji: "🎉", count: 1, reacted_by_me: false, reactor_user_ids: [OTHER] }]);
    });
});

describe("members", () => {
    test("a page replaces what lies between its cursors and nothing else", () => {
        const member = (each: number) => ({ user_id: id(each), role_ids: [] });
        const all = loadMembers({}, GUILD, { members: [1, 2, 3, 4].map(member), next_cursor: null });
        const middle = loadMembers(all, GUILD, { members: [member(3)], next_cursor: id(3) }, id(1));
        assert.deepEqual(Object.keys(middle[GUILD] ?? {}).sort(), [id(1), id(3), id(4)]);
        assert.equal(middle[GUILD]?.[id(4)], all[GUILD]?.[id(4)]);
    });

    test("the legacy word follows from the roles", () => {
        const roles = Object.values(snapshot(new Model()).roles)[0] ?? [];
        const idOf = (key: string) => roles.find((role) => role.system_key === key)?.role_id as string;
        const word = (...keys: string[]) => legacyRole({ user_id: ME, role_ids: keys.map(idOf) }, roles);
        assert.deepEqual(
            [word(), word("member"), word("member", "moderator"), word("moderator", "workspace_owner")],
            ["member", "member", "moderator", "owner"],
        );
    });
});

describe("voice", () => {
    test("stamps from before a stay do not touch it", () => {
        const participant = (joined_at_unix: number) => ({
            user_id: OTHER,
            identity: "i",
            joined_at_unix,
            updated_at_unix: joined_at_unix,
            is_muted: false,
            is_deafened: false,
            is_speaking: false,
            is_video_enabled: false,
            is_screen_share_enabled: false,
        });
        const by = { ...HERE, user_id: OTHER, identity: "i" };
        const known = played({
            t: "voice_participant_sync",
            d: { ...HERE, participants: [participant(TIME + 9)], synced_at_unix: TIME + 9 },
        });
        for (const old of [
            { t: "voice_participant_leave", d: { ...by, left_at_unix: TIME + 8 } },
            { t: "voice_participant_join", d: { ...HERE, participant: participant(TIME + 5) } },
            {
                t: "voice_participant_update",
                d: { ...by, updated_fields: { is_muted: true }, updated_at_unix: TIME + 8 },
            },
            { t: "voice_stream_publish", d: { ...by, stream: "camera", published_at_unix: TIME + 8 } },
            { t: "voice_participant_leave", d: { ...by, user_id: id(90), left_at_unix: TIME + 10 } },
        ]) {
            assert.equal(reduce(known, old as Event), known, old.t);
        }
        const left = reduce(known, { t: "voice_participant_leave", d: { ...by, left_at_unix: TIME + 9 } } as Event);
        assert.deepEqual(left.voice[CHANNEL]?.participants, []);
    });
});

describe("store", () => {
    test("listeners hear of changes and of nothing else", () => {
        const store = new Store();
        let calls = 0;
        const off = store.subscribe(() => {
            calls += 1;
        });
        store.apply({ t: "ready", d: ready() } as Event);
        store.apply({ t: "ready", d: ready() } as Event);
        store.apply(subscribed as Event);
        off();
        store.apply(created(1) as Event);
        assert.equal(calls, 2);
    });

    test("a load that waited for too many events has to be repeated", () => {
        const store = new Store();
        const late = store.mark();
        const cancelled = store.mark();
        store.cancel(cancelled);
        for (let count = 0; count <= EVENTS_KEPT_MAX; count += 1) store.apply(subscribed as Event);
        const soon = store.mark();
        store.apply(created(1) as Event);
        const before = store.current;
        assert.equal(
            store.load(late, () => emptyState),
            false,
        );
        assert.equal(store.current, before);
        assert.equal(
            store.load(soon, (state) => ({ ...state, messages: {} })),
            true,
        );
        assert.deepEqual(store.current.messages, {}, "the channel is not known any more, so the event is passed over");
        assert.equal(
            store.load(soon, () => emptyState),
            false,
        );
    });
});
