/**
 * A member's roles, and what can be done about a member.
 */

import type { RoleState } from "@filament/protocol/state/roles";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { ipBans, members } from "../../api/guilds.js";
import { roles as roleRoutes } from "../../api/roles.js";
import type { Client } from "../../client/client.js";
import { holds } from "../../client/permission.js";
import { Confirm } from "../../part/dialog.js";
import { roleLabel } from "./grouping.js";
import { Dot } from "./member_list.js";
import { mayActOn, mayGive, mayHandle } from "./standing.js";

type Question = "kick" | "ban" | "ip_ban";

/** The part of a card that concerns a guild. */
export function MemberActions(props: {
    readonly client: Client;
    readonly guild: string;
    readonly user: string;
}): JSX.Element {
    const { client } = props;
    const state = () => client.state();
    const member = () => state().members[props.guild]?.[props.user];
    const roles = createMemo(() =>
        (state().roles[props.guild] ?? []).filter(({ system_key }) => system_key !== "everyone"),
    );
    const guild = () => state().guilds[props.guild];
    const mayRole = () =>
        holds(guild(), "manage_member_roles") &&
        (mayActOn(state(), props.guild, props.user) || guild()?.access?.role === "owner" || props.user === state().me);
    return (
        <Show when={member()}>
            <section>
                <h3>Roles</h3>
                <Show
                    when={mayRole()}
                    fallback={
                        <RoleChips roles={roles().filter(({ role_id }) => member()?.role_ids.includes(role_id))} />
                    }
                >
                    <ul class="role-choices">
                        <For each={roles()}>
                            {(role) => <RoleSwitch client={client} guild={props.guild} user={props.user} role={role} />}
                        </For>
                    </ul>
                </Show>
            </section>
            <Moderation client={client} guild={props.guild} user={props.user} />
        </Show>
    );
}

/** Roles as names. */
export function RoleChips(props: { readonly roles: readonly RoleState[] }): JSX.Element {
    return (
        <ul class="chips">
            <For each={props.roles} fallback={<li class="muted">None</li>}>
                {(role) => (
                    <li class="chip">
                        <Dot color={role.color_hex} />
                        {roleLabel(role)}
                    </li>
                )}
            </For>
        </ul>
    );
}

function RoleSwitch(props: {
    readonly client: Client;
    readonly guild: string;
    readonly user: string;
    readonly role: RoleState;
}): JSX.Element {
    const { client } = props;
    const [busy, setBusy] = createSignal(false);
    const isHeld = () =>
        client.state().members[props.guild]?.[props.user]?.role_ids.includes(props.role.role_id) === true;
    const may = () =>
        mayHandle(client.state(), props.guild, props.role) &&
        (isHeld() || mayGive(client.state(), props.guild, props.role.permissions));
    const toggle = async () => {
        setBusy(true);
        const { guild, user, role } = props;
        const route = isHeld() ? roleRoutes.unassign : roleRoutes.assign;
        await client.attempt(() => route(client.http, guild, role.role_id, user));
        setBusy(false);
    };
    return (
        <li>
            <label class="check">
                <input
                    type="checkbox"
                    checked={isHeld()}
                    disabled={busy() || !may()}
                    onChange={(event) => {
                        // The event says what is; until then the box shows what was.
                        event.currentTarget.checked = isHeld();
                        void toggle();
                    }}
                />
                <span>
                    <Dot color={props.role.color_hex} /> {roleLabel(props.role)}
                </span>
            </label>
        </li>
    );
}

function Moderation(props: { readonly client: Client; readonly guild: string; readonly user: string }): JSX.Element {
    const { client } = props;
    const [question, ask] = createSignal<Question>();
    const guild = () => client.state().guilds[props.guild];
    const mayAct = () => mayActOn(client.state(), props.guild, props.user);
    const name = () => client.name(props.user);
    const texts: Readonly<
        Record<Question, { title: () => string; text: string; action: string; run: () => Promise<unknown> }>
    > = {
        kick: {
            title: () => `Kick ${name()}?`,
            text: "They leave at once and can come back if the server is public or somebody adds them.",
            action: "Kick",
            run: () => members.kick(client.http, props.guild, props.user),
        },
        ban: {
            title: () => `Ban ${name()}?`,
            text: "They leave at once and cannot come back until the ban is lifted.",
            action: "Ban",
            run: () => members.ban(client.http, props.guild, props.user),
        },
        ip_ban: {
            title: () => `Ban the addresses of ${name()}?`,
            text: "Whoever comes from where they came from lately is kept out of this server's channels. No address is ever shown.",
            action: "Ban addresses",
            run: () => ipBans.add(client.http, props.guild, { target_user_id: props.user }),
        },
    };
    return (
        <Show when={mayAct() && (holds(guild(), "ban_member") || holds(guild(), "manage_ip_bans"))}>
            <section>
                <h3>Moderation</h3>
                <div class="button-row">
                    <Show when={holds(guild(), "ban_member")}>
                        <button type="button" class="button danger" onClick={() => ask("kick")}>
                            Kick
                        </button>
                        <button type="button" class="button danger" onClick={() => ask("ban")}>
                            Ban
                        </button>
                    </Show>
                    <Show when={holds(guild(), "manage_ip_bans")}>
                        <button type="button" class="button danger" onClick={() => ask("ip_ban")}>
                            Ban addresses
                        </button>
                    </Show>
                </div>
            </section>
            <Show when={question()} keyed>
                {(which) => (
                    <Confirm
                        title={texts[which].title()}
                        text={texts[which].text}
                        action={texts[which].action}
                        onConfirm={() => void client.attempt(texts[which].run, "Done.")}
                        onClose={() => ask(undefined)}
                    />
                )}
            </Show>
        </Show>
    );
}
