import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyState } from "@filament/protocol/state";
import { isOpen, type Known, pathOf, type Place, placeOf, safePlace } from "../../src/client/place.js";
import { channel, GUILD, guildState, id } from "./samples.js";

const ALL: Known = { guilds: true, access: () => true };

test("every place has an address that leads back to it", () => {
    const places: Place[] = [
        { kind: "friends" },
        { kind: "directory" },
        { kind: "guild", guild_id: GUILD },
        { kind: "guild", guild_id: GUILD, channel_id: id(2) },
    ];
    for (const place of places) assert.deepEqual(placeOf(pathOf(place)), place);
});

test("addresses that lead nowhere lead to friends", () => {
    for (const path of ["/", "/login", "/app/x", "/app/01j00000000000000000000001", "/guilds/1"])
        assert.deepEqual(placeOf(path), { kind: "friends" }, path);
});

test("a place one may be in stays", () => {
    const place: Place = { kind: "guild", guild_id: GUILD, channel_id: id(3) };
    assert.equal(safePlace(place, guildState([channel(2), channel(3)]), ALL), place);
});

test("a channel that is not seen any more gives way to another one of the guild, the last one open first", () => {
    const lost: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    const state = guildState([channel(2), channel(3), channel(4, 0)]);
    assert.deepEqual(safePlace(lost, state, ALL), { kind: "guild", guild_id: GUILD, channel_id: id(2) });
    assert.deepEqual(
        safePlace(lost, state, ALL, () => id(3)),
        { kind: "guild", guild_id: GUILD, channel_id: id(3) },
    );
    assert.deepEqual(
        safePlace(lost, state, ALL, () => id(4)),
        { kind: "guild", guild_id: GUILD, channel_id: id(2) },
    );
});

test("a guild without a channel to see shows the guild", () => {
    const lost: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    assert.deepEqual(safePlace(lost, guildState([]), ALL), { kind: "guild", guild_id: GUILD });
});

test("a guild one is out of gives way to friends", () => {
    const lost: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    assert.deepEqual(safePlace(lost, emptyState, ALL), { kind: "friends" });
});

test("nothing is taken away before it is known", () => {
    const place: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    assert.equal(safePlace(place, emptyState, { ...ALL, guilds: false }), place);
    assert.equal(safePlace(place, guildState([]), { ...ALL, access: () => false }), place);
});

test("in a new channel whose rights no event told one stays until they are known", () => {
    const place: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    const fresh = { channel_id: id(4), name: "fresh", kind: "text" } as const;
    assert.equal(safePlace(place, guildState([fresh]), ALL), place);
    assert.equal(safePlace(place, guildState([fresh], ["manage_channel_overrides"]), ALL), place);
});

test("a place is open once its guild and its channel are known and seen", () => {
    const place: Place = { kind: "guild", guild_id: GUILD, channel_id: id(4) };
    const fresh = { channel_id: id(4), name: "fresh", kind: "text" } as const;
    assert.equal(isOpen(place, emptyState), false);
    assert.equal(isOpen(place, guildState([])), false);
    assert.equal(isOpen(place, guildState([fresh], ["manage_channel_overrides"])), false);
    assert.equal(isOpen(place, guildState([channel(4, 0)])), false);
    assert.equal(isOpen(place, guildState([channel(4)])), true);
    assert.equal(isOpen({ kind: "guild", guild_id: GUILD }, guildState([])), true);
});
