/**
 * The rail of servers: friends, every guild, new ones.
 */

import { createMemo, For, type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { initials } from "../../part/avatar.js";
import { Icon } from "../../part/icon.js";
import { PlaceLink } from "../link.js";

/** The rail. */
export function ServerRail(props: { readonly client: Client }): JSX.Element {
    const ids = createMemo(() => Object.keys(props.client.state().guilds));
    const requests = () => Object.keys(props.client.state().friends.incoming ?? {}).length;
    return (
        <nav class="servers" aria-label="Servers">
            <PlaceLink
                client={props.client}
                to={{ kind: "friends" }}
                class="server home"
                label={requests() > 0 ? `Friends, ${requests()} new` : "Friends"}
            >
                <img src="/filament.svg" alt="" width="48" height="48" />
                <Show when={requests() > 0}>
                    <span class="badge" aria-hidden="true">
                        {requests()}
                    </span>
                </Show>
            </PlaceLink>
            <hr />
            <ul>
                <For each={ids()}>
                    {(guild_id) => (
                        <li>
                            <ServerLink client={props.client} guild={guild_id} />
                        </li>
                    )}
                </For>
            </ul>
            <button
                type="button"
                class="server add"
                aria-label="Create a server"
                title="Create a server"
                onClick={() => props.client.show({ kind: "create_guild" })}
            >
                <Icon name="add" size={24} />
            </button>
            <PlaceLink client={props.client} to={{ kind: "directory" }} class="server add" label="Discover servers">
                <Icon name="compass" size={24} />
            </PlaceLink>
        </nav>
    );
}

function ServerLink(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const guild = () => props.client.state().guilds[props.guild];
    const isUnread = createMemo(() =>
        (props.client.state().channels[props.guild]?.list ?? []).some(({ channel_id }) =>
            props.client.isUnread(channel_id),
        ),
    );
    const isOpen = () => {
        const here = props.client.place();
        return here.kind === "guild" && here.guild_id === props.guild;
    };
    const name = () => guild()?.name ?? "";
    return (
        <PlaceLink
            client={props.client}
            to={{ kind: "guild", guild_id: props.guild }}
            class={`server ${isUnread() ? "unread" : ""}`}
            current={isOpen()}
            label={isUnread() ? `${name()}, unread` : name()}
        >
            <span aria-hidden="true" title={name()}>
                {initials(name())}
            </span>
        </PlaceLink>
    );
}
