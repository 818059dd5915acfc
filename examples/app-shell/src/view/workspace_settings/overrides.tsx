/**
 * Who may do what in a channel: for each role or member three states per permission, and beside them what it comes to
 * for a member, and why.
 */

import type { Override } from "@filament/protocol/record/override";
import type { Permission } from "@filament/protocol/value";
import { createMemo, createSignal, For, type JSX, onCleanup } from "solid-js";
import { type OverrideTarget, overrides as routes } from "../../api/roles.js";
import { sentence } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import { holdsIn, PERMISSIONS } from "../../client/permission.js";
import type { Loaded } from "../../client/upkeep.js";
import { onChange } from "../../part/change.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { WhenLoaded } from "../../part/state_words.js";
import { roleLabel } from "../members/grouping.js";
import { mayActOn, mayHandle } from "../members/standing.js";
import { createExplanations, EffectiveResult } from "./effective.js";
import { type Lists, SILENT, type Stance, stanceOf, withStance } from "./override_lists.js";

const STANCES: readonly (readonly [Stance, string])[] = [
    ["deny", "Deny"],
    ["inherit", "Inherit"],
    ["allow", "Allow"],
];

/** The matrix of a channel. */
export function Overrides(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string;
}): JSX.Element {
    const { client } = props;
    const state = () => client.state();
    const roles = createMemo(() => state().roles[props.guild] ?? []);
    const everyone = () => roles().find(({ system_key }) => system_key === "everyone")?.role_id ?? "";
    const [list, setList] = createSignal<readonly Override[]>([]);
    const [loaded, setLoaded] = createSignal<Loaded>({ kind: "loading" });
    const [key, setKey] = createSignal("");
    const [viewer, setViewer] = createSignal(state().me ?? "");
    const [revision, setRevision] = createSignal(0);
    const saver = createSaver();

    const reload = async () => {
        try {
            setList((await routes.list(client.http, props.guild, props.channel)).overrides);
            setLoaded({ kind: "ready" });
        } catch (error) {
            setLoaded({ kind: "failed", why: sentence(error) });
        }
    };
    void reload();
    onCleanup(
        client.gateway.on(
            "workspace_channel_override_update",
            ({ channel_id, target_kind, target_id, updated_fields, updated_at_unix }) => {
                if (channel_id !== props.channel) return;
                const others = list().filter((other) => keyOf(other) !== keyOf({ target_kind, target_id }));
                const { allow, deny } = updated_fields;
                const isSilent = allow.length + deny.length === 0;
                setList(isSilent ? others : [...others, { target_kind, target_id, allow, deny, updated_at_unix }]);
                setRevision((number) => number + 1);
            },
        ),
    );
    onCleanup(client.gateway.onNotice("gap", () => void reload()));
    // Roles decide as well.
    for (const source of [roles, () => state().members[props.guild]])
        onChange<unknown>(source, () => setRevision((number) => number + 1), { defer: true });

    const target = createMemo<OverrideTarget>(() => targetOf(key() || `role ${everyone()}`));
    const lists = (): Lists => list().find((other) => keyOf(other) === keyOf(target())) ?? SILENT;
    const channel = () => state().channels[props.guild]?.list.find(({ channel_id }) => channel_id === props.channel);
    const isOwner = () => state().guilds[props.guild]?.access?.role === "owner";
    const may = (permission: Permission) => {
        const { target_kind, target_id } = target();
        const role = roles().find(({ role_id }) => role_id === target_id);
        const isBelow =
            target_kind === "role"
                ? role !== undefined && mayHandle(state(), props.guild, role)
                : mayActOn(state(), props.guild, target_id);
        return isBelow && (isOwner() || holdsIn(channel(), permission));
    };
    const explanations = createExplanations(client, () => ({
        guild: props.guild,
        channel: props.channel,
        user: viewer(),
        revision: revision(),
    }));
    const set = (permission: Permission, stance: Stance) =>
        void saver.save(() =>
            routes.set(client.http, props.guild, props.channel, target(), withStance(lists(), permission, stance)),
        );
    return (
        <section class="overrides">
            <h3>Permissions in this channel</h3>
            <WhenLoaded loaded={loaded()} what="overrides" onRetry={() => void reload()}>
                <div class="inline-form">
                    <TargetChoice
                        client={client}
                        guild={props.guild}
                        list={list()}
                        value={keyOf(target())}
                        onChoose={setKey}
                    />
                    <label class="field">
                        <span>Show the result for</span>
                        <select value={viewer()} onChange={(event) => setViewer(event.currentTarget.value)}>
                            <For each={Object.keys(state().members[props.guild] ?? {})}>
                                {(user) => (
                                    <option value={user} selected={user === viewer()}>
                                        {client.name(user)}
                                    </option>
                                )}
                            </For>
                        </select>
                    </label>
                </div>
                <SaveStatus saver={saver} />
                <table class="matrix">
                    <thead>
                        <tr>
                            <th scope="col">Permission</th>
                            <th scope="col">For this role or member</th>
                            <th scope="col">Result for {client.name(viewer())}</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each={PERMISSIONS}>
                            {(words) => (
                                <tr data-permission={words.name}>
                                    <th scope="row">{words.label}</th>
                                    <td>
                                        <StanceChoice
                                            label={words.label}
                                            name={words.name}
                                            stance={stanceOf(lists(), words.name)}
                                            disabled={!may(words.name)}
                                            onChoose={(stance) => set(words.name, stance)}
                                        />
                                    </td>
                                    <td>
                                        <EffectiveResult
                                            client={client}
                                            guild={props.guild}
                                            explanation={explanations()[words.name]}
                                        />
                                    </td>
                                </tr>
                            )}
                        </For>
                    </tbody>
                </table>
            </WhenLoaded>
        </section>
    );
}

function TargetChoice(props: {
    readonly client: Client;
    readonly guild: string;
    readonly list: readonly Override[];
    readonly value: string;
    readonly onChoose: (key: string) => void;
}): JSX.Element {
    const { client } = props;
    const has = (key: string) => props.list.some((other) => keyOf(other) === key);
    const option = (key: string, label: string) => (
        <option value={key} selected={key === props.value}>
            {label}
            {has(key) ? " •" : ""}
        </option>
    );
    return (
        <label class="field">
            <span>Role or member</span>
            <select value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
                <optgroup label="Roles">
                    <For
                        each={client
                            .state()
                            .roles[props.guild]?.filter(({ system_key }) => system_key !== "workspace_owner")}
                    >
                        {(role) => option(`role ${role.role_id}`, roleLabel(role))}
                    </For>
                </optgroup>
                <optgroup label="Members">
                    <For each={Object.keys(client.state().members[props.guild] ?? {})}>
                        {(user) => option(`member ${user}`, client.name(user))}
                    </For>
                </optgroup>
            </select>
        </label>
    );
}

/** Deny, inherit or allow. */
function StanceChoice(props: {
    readonly label: string;
    readonly name: string;
    readonly stance: Stance;
    readonly disabled: boolean;
    readonly onChoose: (stance: Stance) => void;
}): JSX.Element {
    return (
        <div class="stances" role="radiogroup" aria-label={props.label}>
            <For each={STANCES}>
                {([stance, label]) => (
                    <label class={`stance ${stance}`}>
                        <input
                            type="radio"
                            name={`stance-${props.name}`}
                            aria-label={label}
                            checked={props.stance === stance}
                            disabled={props.disabled}
                            onChange={() => props.onChoose(stance)}
                        />
                        <span aria-hidden="true">{label}</span>
                    </label>
                )}
            </For>
        </div>
    );
}

function keyOf({ target_kind, target_id }: OverrideTarget): string {
    return `${target_kind} ${target_id}`;
}

function targetOf(key: string): OverrideTarget {
    const [kind, id = ""] = key.split(" ");
    return { target_kind: kind === "member" ? "member" : "role", target_id: id };
}
