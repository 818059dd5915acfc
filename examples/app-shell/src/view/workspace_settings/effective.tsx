/**
 * What a member may do in a channel, and which rule says so.
 */

import type { PermissionExplanation } from "@filament/protocol/answer/permission_explanation";
import type { Permission } from "@filament/protocol/value";
import { type Accessor, createEffect, createSignal, type JSX, onCleanup, Show } from "solid-js";
import { overrides } from "../../api/roles.js";
import type { Client } from "../../client/client.js";
import { PERMISSIONS } from "../../client/permission.js";
import { Icon } from "../../part/icon.js";
import { roleLabel } from "../members/grouping.js";

/** Changes that come in a crowd are explained once, this long after the last, in milliseconds. */
const REST_MS = 200;
/** Requests at once. */
const PARALLEL_MAX = 4;

/** Explanations by permission, as far as they are there. */
export type Explanations = Readonly<Partial<Record<Permission, PermissionExplanation>>>;

/** Explains every permission of a member in a channel, anew whenever something changed. */
export function createExplanations(
    client: Client,
    of: Accessor<{
        readonly guild: string;
        readonly channel: string;
        readonly user: string;
        readonly revision: number;
    }>,
): Accessor<Explanations> {
    const [all, setAll] = createSignal<Explanations>({});
    createEffect(() => {
        const { guild, channel, user } = of();
        if (user === "") return;
        let isCurrent = true;
        const left = PERMISSIONS.map(({ name }) => name);
        const work = async () => {
            for (let name = left.shift(); name !== undefined && isCurrent; name = left.shift()) {
                const asked = name;
                const answer = await overrides.explain(client.http, guild, user, channel, asked).catch(() => undefined);
                if (isCurrent) setAll((known) => ({ ...known, [asked]: answer }));
            }
        };
        const timer = setTimeout(() => {
            for (let worker = 0; worker < PARALLEL_MAX; worker += 1) void work();
        }, REST_MS);
        onCleanup(() => {
            isCurrent = false;
            clearTimeout(timer);
        });
    });
    return all;
}

/** The result in words. */
export function EffectiveResult(props: {
    readonly client: Client;
    readonly guild: string;
    readonly explanation: PermissionExplanation | undefined;
}): JSX.Element {
    return (
        <Show when={props.explanation} fallback={<span class="muted">…</span>}>
            {(explanation) => (
                <span
                    class={`result-word ${explanation().allowed ? "yes" : "no"}`}
                    data-allowed={explanation().allowed}
                    title={explanation().decided_by}
                >
                    <Icon name={explanation().allowed ? "check" : "close"} size={16} />
                    <span>
                        {explanation().allowed ? "Yes" : "No"}
                        <small class="muted"> {why(props.client, props.guild, explanation())}</small>
                    </span>
                </span>
            )}
        </Show>
    );
}

/** Which rule decided, in words: the last step of that rule that had an effect. */
function why(client: Client, guild: string, { steps, decided_by }: PermissionExplanation): string {
    const ofRule = steps.filter(({ rule }) => rule === decided_by);
    const step = ofRule.findLast(({ effect }) => effect !== "none") ?? ofRule.at(-1);
    const role = client.state().roles[guild]?.find(({ role_id }) => role_id === step?.source_id);
    const name = role === undefined ? "a role" : roleLabel(role);
    const says = step?.effect === "deny" ? "denied" : "allowed";
    switch (step?.source_kind) {
        case "server_owner":
            return "owner of this Filament server";
        case "membership":
            return "not a member";
        case "role":
            if (role?.system_key === "workspace_owner") return "owner of the server";
            return step.effect === "none" ? "no role grants it" : `granted by ${name}`;
        case "everyone_override":
            return `${says} here for @everyone`;
        case "role_override":
            return `${says} here for ${name}`;
        case "member_override":
            return `${says} here for this member`;
        case "view_gate":
            return "does not see the channel";
        case undefined:
            return decided_by === "PE-2" ? "owner of the server" : "no role grants it";
    }
}
