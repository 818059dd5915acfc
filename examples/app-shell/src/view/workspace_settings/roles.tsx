/**
 * The roles of a server: their order, and the one that is edited.
 */

import { createMemo, createSignal, type JSX, Show } from "solid-js";
import { roles as routes } from "../../api/roles.js";
import type { Client } from "../../client/client.js";
import { holds } from "../../client/permission.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { WhenLoaded } from "../../part/state_words.js";
import { roleLabel } from "../members/grouping.js";
import { Dot } from "../members/member_list.js";
import { mayHandle } from "../members/standing.js";
import { Reorder } from "./reorder.js";
import { RoleEditor } from "./role_editor.js";

/** The section. */
export function RolesSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const roles = createMemo(() => client.state().roles[props.guild] ?? []);
    const ids = createMemo(() => roles().map(({ role_id }) => role_id), [], {
        equals: (one, other) => one.join() === other.join(),
    });
    const [chosen, choose] = createSignal<string>();
    const role = (id: string | undefined) => roles().find(({ role_id }) => role_id === id);
    const may = () => holds(client.state().guilds[props.guild], "manage_workspace_roles");
    const saver = createSaver();
    const isFixed = (id: string) => {
        const one = role(id);
        return (
            one === undefined || !may() || one.system_key === "everyone" || !mayHandle(client.state(), props.guild, one)
        );
    };
    const label = (id: string) => {
        const one = role(id);
        return one === undefined ? "" : roleLabel(one);
    };
    const add = () =>
        void saver.save(async () => {
            const { role_id } = await routes.create(client.http, props.guild, "New role");
            choose(role_id);
        });
    return (
        <WhenLoaded loaded={client.upkeep.guild(props.guild)} what="roles">
            <div class="split">
                <div class="split-list">
                    <p class="muted small">
                        Higher roles stand above lower ones. Drag a role, or move it with the arrow keys.
                    </p>
                    <Reorder
                        label="Roles, highest first"
                        ids={ids()}
                        isFixed={isFixed}
                        name={label}
                        onOrder={(order) =>
                            void saver.save(() =>
                                routes.reorder(
                                    client.http,
                                    props.guild,
                                    order.filter((id) => !isFixed(id)),
                                ),
                            )
                        }
                    >
                        {(id) => (
                            <button
                                type="button"
                                class="row-choice"
                                aria-current={chosen() === id}
                                onClick={() => choose(id)}
                            >
                                <Dot color={role(id)?.color_hex} />
                                {label(id)}
                                <span class="muted small">{holders(client, props.guild, id)}</span>
                            </button>
                        )}
                    </Reorder>
                    <SaveStatus saver={saver} />
                    <button type="button" class="button wide" disabled={!may()} onClick={add}>
                        Create role
                    </button>
                </div>
                <div class="split-main">
                    <Show
                        when={role(chosen())?.role_id}
                        keyed
                        fallback={<p class="muted">Choose a role to see what it may do.</p>}
                    >
                        {(role_id) => <RoleEditor client={client} guild={props.guild} role={role_id} />}
                    </Show>
                </div>
            </div>
        </WhenLoaded>
    );
}

/** How many members hold a role. */
function holders(client: Client, guild: string, role_id: string): string {
    const members = Object.values(client.state().members[guild] ?? {});
    const count = members.filter(({ role_ids }) => role_ids.includes(role_id)).length;
    return count === 0 ? "" : String(count);
}
