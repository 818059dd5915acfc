/**
 * Who is banned from a server.
 */

import { For, type JSX, onCleanup, Show } from "solid-js";
import { bans } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { full } from "../../part/time.js";
import { createPaged, Pages } from "./paged.js";

/** The section. */
export function BansSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const list = createPaged(async (cursor) => {
        const page = await bans.page(client.http, props.guild, cursor);
        return { rows: page.bans, next: page.next_cursor };
    });
    void list.reload();
    const changed = ({ guild_id }: { readonly guild_id: string }) => guild_id === props.guild && void list.reload();
    onCleanup(client.gateway.on("workspace_member_ban", changed));
    onCleanup(client.gateway.on("workspace_member_unban", changed));
    return (
        <Pages list={list} what="bans" icon="ban" empty="Nobody is banned" more="More">
            <ul class="person-list">
                <For each={list.rows()}>
                    {(ban) => (
                        <li class="person-line">
                            <span class="person-open">
                                <Avatar client={client} user={ban.user_id} />
                                <span>
                                    {ban.username}
                                    <small class="muted">
                                        {" "}
                                        {full(ban.banned_at_unix)}
                                        <Show when={ban.actor_user_id}>
                                            {(actor) => ` by ${client.name(actor())}`}
                                        </Show>
                                    </small>
                                </span>
                            </span>
                            <button
                                type="button"
                                class="button"
                                aria-label={`Lift the ban of ${ban.username}`}
                                onClick={() =>
                                    void client.attempt(
                                        () => bans.lift(client.http, props.guild, ban.user_id),
                                        "The ban is lifted.",
                                    )
                                }
                            >
                                Lift ban
                            </button>
                        </li>
                    )}
                </For>
            </ul>
        </Pages>
    );
}
