/**
 * One role: name, colour, permissions, and whether new members get it.
 */

import type { Permission } from "@filament/protocol/value";
import { createSignal, For, type JSX, Show } from "solid-js";
import { roles as routes } from "../../api/roles.js";
import type { Client } from "../../client/client.js";
import { holds, PERMISSIONS } from "../../client/permission.js";
import { Confirm } from "../../part/dialog.js";
import { createDraft } from "../../part/draft.js";
import { createSaver, FormEnd } from "../../part/saving.js";
import { roleLabel } from "../members/grouping.js";
import { mayGive, mayHandle } from "../members/standing.js";

/** The colour offered first. */
const COLOR_FIRST = "#F0A020";

/** The editor. */
export function RoleEditor(props: {
    readonly client: Client;
    readonly guild: string;
    readonly role: string;
}): JSX.Element {
    const { client } = props;
    const state = () => client.state();
    const guild = () => state().guilds[props.guild];
    const role = () => state().roles[props.guild]?.find(({ role_id }) => role_id === props.role);
    const isSeeded = () => role()?.system_key !== null;
    const isOwner = () => guild()?.access?.role === "owner";
    const may = () => {
        const one = role();
        if (one === undefined || !holds(guild(), "manage_workspace_roles") || !mayHandle(state(), props.guild, one))
            return false;
        return one.system_key !== "everyone" || isOwner();
    };
    const [name, setName] = createDraft(() => role()?.name, "");
    const [color, setColor] = createDraft(() => role()?.color_hex, null);
    const [granted, setGranted] = createDraft<readonly Permission[]>(() => role()?.permissions, [], isSame);
    const [isDeleting, setDeleting] = createSignal(false);
    const saver = createSaver();
    const changes = () => ({
        ...(!isSeeded() && name() !== role()?.name && { name: name() }),
        ...(color() !== role()?.color_hex && { color_hex: color() }),
        ...(!isSame(granted(), role()?.permissions) && {
            permissions: PERMISSIONS.map((words) => words.name).filter((one) => granted().includes(one)),
        }),
    });
    const isChanged = () => Object.keys(changes()).length > 0;
    const toggle = (permission: Permission) =>
        setGranted((list) =>
            list.includes(permission) ? list.filter((other) => other !== permission) : [...list, permission],
        );
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(() => routes.update(client.http, props.guild, props.role, changes()));
    };
    const isDefault = () => guild()?.default_join_role_id === props.role;
    const label = () => {
        const one = role();
        return one === undefined ? "" : roleLabel(one);
    };
    return (
        <form class="form" onSubmit={submit} aria-label={label()}>
            <div class="inline-form">
                <label class="field">
                    <span>Role name</span>
                    <input
                        required
                        maxlength={32}
                        disabled={!may() || isSeeded()}
                        value={isSeeded() ? label() : name()}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                </label>
                <label class="field narrow">
                    <span>Colour</span>
                    <input
                        type="color"
                        disabled={!may()}
                        value={color() ?? COLOR_FIRST}
                        onInput={(event) => setColor(event.currentTarget.value.toUpperCase())}
                    />
                </label>
                <button
                    type="button"
                    class="button"
                    disabled={!may() || color() === null}
                    onClick={() => setColor(null)}
                >
                    No colour
                </button>
            </div>
            <fieldset class="permissions">
                <legend>Permissions</legend>
                <For each={PERMISSIONS}>
                    {(words) => (
                        <label class="check">
                            <input
                                type="checkbox"
                                checked={granted().includes(words.name)}
                                disabled={!may() || !mayGive(state(), props.guild, [words.name])}
                                onChange={() => toggle(words.name)}
                            />
                            <span>
                                {words.label} <small class="muted">{words.about}</small>
                            </span>
                        </label>
                    )}
                </For>
            </fieldset>
            <FormEnd saver={saver} label="Save role" disabled={!may() || !isChanged()} />
            <Show when={role()?.system_key !== "everyone" && role()?.system_key !== "workspace_owner"}>
                <div class="button-row">
                    <button
                        type="button"
                        class="button"
                        aria-pressed={isDefault()}
                        disabled={!may()}
                        onClick={() =>
                            void saver.save(() =>
                                routes.setDefault(client.http, props.guild, isDefault() ? null : props.role),
                            )
                        }
                    >
                        {isDefault() ? "New members get this role" : "Give to new members"}
                    </button>
                    <Show when={!isSeeded()}>
                        <button type="button" class="button danger" disabled={!may()} onClick={() => setDeleting(true)}>
                            Delete role
                        </button>
                    </Show>
                </div>
            </Show>
            <Show when={isDeleting()}>
                <Confirm
                    title={`Delete the role ${label()}?`}
                    text="Whoever holds it loses what it gave."
                    action="Delete role"
                    onConfirm={() => void saver.save(() => routes.remove(client.http, props.guild, props.role))}
                    onClose={() => setDeleting(false)}
                />
            </Show>
        </form>
    );
}

function isSame(one: readonly Permission[], other: readonly Permission[] | undefined): boolean {
    return other !== undefined && one.length === other.length && one.every((permission) => other.includes(permission));
}
