/**
 * The audit log of a server: who did what to whom.
 */

import { createEffect, createSignal, For, type JSX, on, onCleanup, Show } from "solid-js";
import { audit } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { full, iso } from "../../part/time.js";
import { auditWords } from "./audit_words.js";
import { createPaged, Pages } from "./paged.js";

/** Kinds of rows to show; the beginning of an action's name each. */
const KINDS: readonly (readonly [string, string])[] = [
    ["", "Everything"],
    ["guild.", "Server"],
    ["member.", "Members"],
    ["role.", "Roles"],
    ["channel.", "Channels"],
    ["message.", "Messages"],
    ["moderation.", "Address bans"],
    ["directory.", "Joining"],
];

/** Events that come in a crowd cause one load, this long after the first, in milliseconds. */
const GATHER_MS = 300;

/** The section. */
export function AuditSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [kind, setKind] = createSignal("");
    const list = createPaged(async (cursor) => {
        const page = await audit.page(client.http, props.guild, kind() || undefined, cursor);
        return { rows: page.events, next: page.next_cursor };
    });
    createEffect(on(kind, () => void list.reload()));
    // No event tells of a new row, but every row is written with a change of which an event tells.
    let timer: ReturnType<typeof setTimeout> | undefined;
    onCleanup(() => clearTimeout(timer));
    onCleanup(
        client.gateway.onEvent(({ t, d }) => {
            const isOfGuild =
                "guild_id" in d &&
                d.guild_id === props.guild &&
                (t.startsWith("workspace_") || t.startsWith("channel_"));
            if (!isOfGuild || timer !== undefined) return;
            timer = setTimeout(() => {
                timer = undefined;
                void list.reload();
            }, GATHER_MS);
        }),
    );
    return (
        <>
            <label class="field filter">
                <span>Show</span>
                <select value={kind()} onChange={(event) => setKind(event.currentTarget.value)}>
                    <For each={KINDS}>{([prefix, label]) => <option value={prefix}>{label}</option>}</For>
                </select>
            </label>
            <Pages list={list} what="the audit log" icon="shield" empty="Nothing of this kind happened yet" more="Older">
                <table class="rows">
                    <thead>
                        <tr>
                            <th scope="col">When</th>
                            <th scope="col">Who</th>
                            <th scope="col">What</th>
                            <th scope="col">Whom</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each={list.rows()}>
                            {(row) => (
                                <tr>
                                    <td>
                                        <time datetime={iso(row.created_at_unix)}>{full(row.created_at_unix)}</time>
                                    </td>
                                    <td>{client.name(row.actor_user_id)}</td>
                                    <td>
                                        <Show when={auditWords(row.action)} fallback={<code>{row.action}</code>}>
                                            {(words) => <span title={row.action}>{words()}</span>}
                                        </Show>
                                    </td>
                                    <td>{row.target_user_id === null ? "—" : client.name(row.target_user_id)}</td>
                                </tr>
                            )}
                        </For>
                    </tbody>
                </table>
            </Pages>
        </>
    );
}
