import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@filament/protocol/record/message";
import { SILENCE_SECS, settingOf } from "../../src/view/channel/setting.js";
import { id } from "./samples.js";

const NOON = Date.UTC(2026, 0, 15, 12) / 1_000;

function message(number: number, author: number, created_at_unix: number): Message {
    return {
        message_id: id(number),
        guild_id: id(1),
        channel_id: id(2),
        author_id: id(author),
        content: "",
        markdown_tokens: [],
        attachments: [],
        reactions: [],
        created_at_unix,
    };
}

test("an author is named at the beginning, after another one, after a silence and on a new day", () => {
    const list = [
        message(1, 5, NOON),
        message(2, 5, NOON + 1),
        message(3, 6, NOON + 2),
        message(4, 6, NOON + 3 + SILENCE_SECS),
        message(5, 6, NOON + 100_000),
    ];
    const settings = list.map((_, index) => settingOf(list, index, false));
    assert.deepEqual(
        settings.map(({ lead }) => lead),
        [true, false, true, true, true],
    );
    assert.deepEqual(
        settings.map(({ day }) => day),
        [true, false, false, false, true],
    );
    assert.equal(settingOf(list, 1, true).lead, true);
});
