/**
 * The rail of channels of the open guild, under the guild's menu.
 */

import { createMemo, For, type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { holds, isVisible } from "../../client/permission.js";
import { Icon } from "../../part/icon.js";
import { WhenLoaded } from "../../part/state_words.js";
import { PlaceLink } from "../link.js";
import { Roster } from "../voice/roster.js";
import { WorkspaceMenu } from "./workspace_menu.js";

/** The rail. */
export function ChannelRail(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const guild = () => props.client.state().guilds[props.guild];
    const visible = createMemo(() =>
        (props.client.state().channels[props.guild]?.list ?? []).filter((channel) => isVisible(channel, guild())),
    );
    const idsOf = (kind: "text" | "voice") =>
        createMemo(
            () =>
                visible()
                    .filter((channel) => channel.kind === kind)
                    .map(({ channel_id }) => channel_id),
            [],
            { equals: isSameList },
        );
    const text = idsOf("text");
    const voice = idsOf("voice");
    const mayManage = () => holds(guild(), "manage_channel_overrides");
    return (
        <nav class="channels" aria-label="Channels">
            <WorkspaceMenu client={props.client} guild={props.guild} />
            <div class="channel-scroll">
                <WhenLoaded
                    loaded={
                        props.client.upkeep.access(props.guild)
                            ? { kind: "ready" }
                            : props.client.upkeep.guild(props.guild)
                    }
                    what="channels"
                >
                    <Group
                        client={props.client}
                        guild={props.guild}
                        title="Text channels"
                        ids={text()}
                        mayManage={mayManage()}
                    />
                    <Show when={voice().length > 0}>
                        <Group
                            client={props.client}
                            guild={props.guild}
                            title="Voice channels"
                            ids={voice()}
                            mayManage={mayManage()}
                        />
                    </Show>
                    <Show when={visible().length === 0}>
                        <p class="rail-hint">
                            {mayManage()
                                ? "No channels yet. Make the first one with +."
                                : "There is no channel here that you can see."}
                        </p>
                    </Show>
                </WhenLoaded>
            </div>
        </nav>
    );
}

function Group(props: {
    readonly client: Client;
    readonly guild: string;
    readonly title: string;
    readonly ids: readonly string[];
    readonly mayManage: boolean;
}): JSX.Element {
    return (
        <section class="channel-group">
            <div class="channel-group-head">
                <h2>{props.title}</h2>
                <Show when={props.mayManage}>
                    <button
                        type="button"
                        class="bare"
                        aria-label={`Create a channel under ${props.title}`}
                        onClick={() => props.client.show({ kind: "create_channel", guild_id: props.guild })}
                    >
                        <Icon name="add" size={16} />
                    </button>
                </Show>
            </div>
            <ul class="channel-list">
                <For each={props.ids}>
                    {(channel_id) => (
                        <li>
                            <ChannelLink client={props.client} guild={props.guild} channel={channel_id} />
                        </li>
                    )}
                </For>
            </ul>
        </section>
    );
}

function ChannelLink(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string;
}): JSX.Element {
    const channel = createMemo(() =>
        props.client.state().channels[props.guild]?.list.find(({ channel_id }) => channel_id === props.channel),
    );
    const isVoice = () => channel()?.kind === "voice";
    const isUnread = createMemo(() => props.client.isUnread(props.channel));
    const name = () => channel()?.name ?? "";
    return (
        <>
            <PlaceLink
                client={props.client}
                to={{ kind: "guild", guild_id: props.guild, channel_id: props.channel }}
                class={`channel ${isUnread() ? "unread" : ""}`}
                label={isUnread() ? `${name()}, unread` : undefined}
            >
                <Icon name={isVoice() ? "voice" : "hash"} size={18} />
                <span class="channel-name">{name()}</span>
                <Show when={isUnread()}>
                    <span class="unread-dot" aria-hidden="true" />
                </Show>
            </PlaceLink>
            <Show when={isVoice()}>
                <Roster client={props.client} channel={props.channel} />
            </Show>
        </>
    );
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
    return one.length === other.length && one.every((id, index) => id === other[index]);
}
