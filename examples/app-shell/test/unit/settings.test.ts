import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoleState } from "@filament/protocol/state/roles";
import { groupMembers, memberColor } from "../../src/view/members/grouping.js";
import { mayActOn, mayGive, mayHandle } from "../../src/view/members/standing.js";
import { movedTo } from "../../src/view/workspace_settings/order.js";
import { stanceOf, withStance } from "../../src/view/workspace_settings/override_lists.js";
import { GUILD, guildState, id, ME } from "./samples.js";

const role = (
    number: number,
    position: number,
    system_key: RoleState["system_key"] = null,
    color_hex: string | null = null,
): RoleState => ({
    role_id: id(number),
    name: `role-${number}`,
    position,
    is_system: false,
    permissions: ["create_message"],
    color_hex,
    system_key,
});

test("a permission has one stance, and setting it moves it between the lists in the order of the bits", () => {
    const lists = { allow: ["subscribe_streams"], deny: ["create_message"] } as const;
    assert.deepEqual(
        [stanceOf(lists, "create_message"), stanceOf(lists, "subscribe_streams"), stanceOf(lists, "ban_member")],
        ["deny", "allow", "inherit"],
    );
    assert.deepEqual(withStance(lists, "create_message", "allow"), {
        allow: ["create_message", "subscribe_streams"],
        deny: [],
    });
    assert.deepEqual(withStance(lists, "create_message", "inherit"), { allow: ["subscribe_streams"], deny: [] });
    assert.deepEqual(withStance(lists, "ban_member", "deny"), {
        allow: ["subscribe_streams"],
        deny: ["ban_member", "create_message"],
    });
});

test("things move in a list, never past one that is fixed", () => {
    const isFixed = (name: string) => name === "owner" || name === "everyone";
    const list = ["owner", "a", "b", "everyone"];
    assert.deepEqual(movedTo(list, "b", 1, isFixed), ["owner", "b", "a", "everyone"]);
    for (const [name, to] of [
        ["a", 0],
        ["a", 3],
        ["a", -1],
        ["owner", 1],
        ["a", 1],
        ["x", 1],
    ] as const)
        assert.equal(movedTo(list, name, to, isFixed), list, `${name} to ${to}`);
    assert.equal(movedTo(["a", "owner", "b"], "a", 2, isFixed).join(), "a,owner,b");
});

test("members stand under their highest role, those offline last", () => {
    const roles = [
        role(1, 10_000, "workspace_owner"),
        role(2, 9, null, "#FF0000"),
        role(3, 1, "member"),
        role(4, 0, "everyone"),
    ];
    const members = [
        { user_id: id(11), role_ids: [id(3)] },
        { user_id: id(12), role_ids: [id(2), id(3)] },
        { user_id: id(13), role_ids: [id(1)] },
        { user_id: id(14), role_ids: [] },
        { user_id: id(15), role_ids: [id(2)] },
    ];
    const groups = groupMembers(
        members,
        roles,
        (user) => user !== id(15),
        (user) => user,
    );
    assert.deepEqual(groups, [
        { title: "Owner", users: [id(13)] },
        { title: "role-2", users: [id(12)] },
        { title: "Member", users: [id(11)] },
        { title: "Online", users: [id(14)] },
        { title: "Offline", users: [id(15)] },
    ]);
    assert.equal(memberColor(members[1], roles), "#FF0000");
    assert.equal(memberColor(members[0], roles), undefined);
});

test("only members and roles below oneself can be acted on, and only what one holds can be given", () => {
    const roles = [role(1, 10_000, "workspace_owner"), role(2, 100, "moderator"), role(3, 50), role(4, 1, "member")];
    const member = (number: number, ...held: number[]) => ({ user_id: id(number), role_ids: held.map(id) });
    const table = Object.fromEntries(
        [member(9, 2), member(20, 2), member(21, 3, 4), member(22, 1)].map((one) => [one.user_id, one]),
    );
    const base = guildState([], ["ban_member"]);
    const state = { ...base, roles: { [GUILD]: roles }, members: { [GUILD]: table } };
    assert.deepEqual(
        [ME, id(20), id(21), id(22)].map((user) => mayActOn(state, GUILD, user)),
        [false, false, true, false],
    );
    assert.deepEqual(
        roles.map((one) => mayHandle(state, GUILD, one)),
        [false, false, true, true],
    );
    assert.deepEqual([mayGive(state, GUILD, ["ban_member"]), mayGive(state, GUILD, ["manage_roles"])], [true, false]);
});
