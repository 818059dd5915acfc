/**
 * Bans by address, of which the server never tells the address: only whom they were made for, why, and until when.
 */

import { createSignal, For, type JSX, onCleanup } from "solid-js";
import { ipBans } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { full } from "../../part/time.js";
import { mayActOn } from "../members/standing.js";
import { createPaged, Pages } from "./paged.js";

const LASTING: readonly (readonly [string, number | undefined])[] = [
    ["For ever", undefined],
    ["1 day", 86_400],
    ["1 week", 604_800],
    ["30 days", 2_592_000],
];

/** The section. */
export function IpBansSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const list = createPaged(async (cursor) => {
        const page = await ipBans.page(client.http, props.guild, cursor);
        return { rows: page.bans, next: page.next_cursor };
    });
    void list.reload();
    onCleanup(
        client.gateway.on("workspace_ip_ban_sync", ({ guild_id }) => guild_id === props.guild && void list.reload()),
    );
    return (
        <>
            <AddIpBan client={client} guild={props.guild} />
            <Pages list={list} what="address bans" icon="shield" empty="No address is banned" more="More">
                <table class="rows">
                    <thead>
                        <tr>
                            <th scope="col">Made for</th>
                            <th scope="col">Address</th>
                            <th scope="col">Why</th>
                            <th scope="col">Since</th>
                            <th scope="col">Until</th>
                            <td />
                        </tr>
                    </thead>
                    <tbody>
                        <For each={list.rows()}>
                            {(ban) => (
                                <tr>
                                    <td>
                                        {ban.source_user_id === null ? "Unknown" : client.name(ban.source_user_id)}
                                    </td>
                                    <td>
                                        <span class="redacted" title="Addresses never leave the server">
                                            redacted
                                        </span>
                                    </td>
                                    <td>{ban.reason ?? "—"}</td>
                                    <td>{full(ban.created_at_unix)}</td>
                                    <td>{ban.expires_at_unix === null ? "for ever" : full(ban.expires_at_unix)}</td>
                                    <td>
                                        <button
                                            type="button"
                                            class="button small"
                                            onClick={() =>
                                                void client.attempt(
                                                    () => ipBans.lift(client.http, props.guild, ban.ban_id),
                                                    "The ban is lifted.",
                                                )
                                            }
                                        >
                                            Lift
                                        </button>
                                    </td>
                                </tr>
                            )}
                        </For>
                    </tbody>
                </table>
            </Pages>
        </>
    );
}

function AddIpBan(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [user, setUser] = createSignal("");
    const [reason, setReason] = createSignal("");
    const [lasting, setLasting] = createSignal(0);
    const saver = createSaver();
    const others = () =>
        Object.keys(client.state().members[props.guild] ?? {}).filter((id) =>
            mayActOn(client.state(), props.guild, id),
        );
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const expires_in_secs = LASTING[lasting()]?.[1];
        await saver.save(async () => {
            const { created_count } = await ipBans.add(client.http, props.guild, {
                target_user_id: user(),
                ...(reason().trim() !== "" && { reason: reason().trim() }),
                ...(expires_in_secs !== undefined && { expires_in_secs }),
            });
            if (created_count === 0)
                client.notices.say("The server remembers no address of theirs that is not banned already.");
        });
    };
    return (
        <form class="inline-form" onSubmit={submit}>
            <label class="field">
                <span>Ban the addresses of</span>
                <select value={user()} onChange={(event) => setUser(event.currentTarget.value)}>
                    <option value="">Nobody</option>
                    <For each={others()}>{(id) => <option value={id}>{client.name(id)}</option>}</For>
                </select>
            </label>
            <label class="field">
                <span>Why</span>
                <input maxlength={240} value={reason()} onInput={(event) => setReason(event.currentTarget.value)} />
            </label>
            <label class="field narrow">
                <span>How long</span>
                <select value={lasting()} onChange={(event) => setLasting(Number(event.currentTarget.value))}>
                    <For each={LASTING}>{([label], index) => <option value={index()}>{label}</option>}</For>
                </select>
            </label>
            <button type="submit" class="button danger" disabled={user() === "" || saver.saving().kind === "saving"}>
                Ban addresses
            </button>
            <SaveStatus saver={saver} />
        </form>
    );
}
