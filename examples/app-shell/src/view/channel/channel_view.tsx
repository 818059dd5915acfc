/**
 * A text channel: its messages, its composer, the members beside it.
 */

import { createMemo, createSignal, type JSX, lazy, Show, Suspense } from "solid-js";
import type { Client } from "../../client/client.js";
import { holds, isVisible } from "../../client/permission.js";
import { Icon } from "../../part/icon.js";
import { Empty, WhenLoaded } from "../../part/state_words.js";
import { Head } from "../head.js";
import { MemberList } from "../members/member_list.js";
import { Composer } from "./composer.js";
import { MessageList } from "./message_list.js";

const SearchPanel = lazy(() => import("../search/search_panel.js"));

/** Screens at least this wide begin with the members shown. */
const WIDE = "(min-width: 1100px)";

const [side, setSide] = createSignal<"members" | "search" | undefined>(
    matchMedia(WIDE).matches ? "members" : undefined,
);

/** A channel, or a word about why there is none. */
export function ChannelView(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string | undefined;
    readonly onMenu: () => void;
}): JSX.Element {
    const guild = () => props.client.state().guilds[props.guild];
    const shown = createMemo(() => {
        const channel = props.client
            .state()
            .channels[props.guild]?.list.find(({ channel_id }) => channel_id === props.channel);
        return channel !== undefined && isVisible(channel, guild()) ? channel : undefined;
    });
    const toggle = (which: "members" | "search") => setSide(side() === which ? undefined : which);
    return (
        <div class="place">
            <main id="main" tabindex={-1} class="main">
                <Head icon="hash" title={shown()?.name ?? guild()?.name ?? "…"} onMenu={props.onMenu}>
                    <button
                        type="button"
                        class="bare"
                        aria-label="Search messages"
                        aria-pressed={side() === "search"}
                        title="Search messages"
                        onClick={() => toggle("search")}
                    >
                        <Icon name="search" />
                    </button>
                    <button
                        type="button"
                        class="bare"
                        aria-label="Member list"
                        aria-pressed={side() === "members"}
                        title="Member list"
                        onClick={() => toggle("members")}
                    >
                        <Icon name="users" />
                    </button>
                </Head>
                <Show
                    when={shown()?.channel_id}
                    keyed
                    fallback={<NoChannel client={props.client} guild={props.guild} />}
                >
                    {(channel_id) => (
                        <Open
                            client={props.client}
                            guild={props.guild}
                            channel={channel_id}
                            name={shown()?.name ?? ""}
                        />
                    )}
                </Show>
            </main>
            <Show when={side() === "members"}>
                <MemberList client={props.client} guild={props.guild} onClose={() => setSide(undefined)} />
            </Show>
            <Show when={side() === "search"}>
                <Suspense>
                    <SearchPanel
                        client={props.client}
                        guild={props.guild}
                        channel={props.channel}
                        onClose={() => setSide(undefined)}
                    />
                </Suspense>
            </Show>
        </div>
    );
}

function Open(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string;
    readonly name: string;
}): JSX.Element {
    const channel = { guild_id: props.guild, channel_id: props.channel };
    const [editing, setEditing] = createSignal<string>();
    const editLast = () => {
        const { messages, me } = props.client.state();
        const own = messages[props.channel]?.list.findLast(({ author_id }) => author_id === me);
        if (own !== undefined) setEditing(own.message_id);
    };
    return (
        <>
            <WhenLoaded
                loaded={props.client.upkeep.channel(props.channel)}
                what="messages"
                onRetry={() => props.client.upkeep.retryChannel(channel)}
            >
                <MessageList client={props.client} channel={channel} editing={editing} setEditing={setEditing} />
            </WhenLoaded>
            <Composer client={props.client} channel={channel} name={props.name} onEditLast={editLast} />
        </>
    );
}

function NoChannel(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const guild = () => props.client.state().guilds[props.guild];
    const mayManage = () => holds(guild(), "manage_channel_overrides");
    return (
        <WhenLoaded loaded={props.client.upkeep.guild(props.guild)} what="this server">
            <Empty
                icon="hash"
                title="No channel to show"
                text={
                    mayManage()
                        ? "Make a first channel, and people have where to talk."
                        : "There is no channel here that you can see, yet."
                }
            >
                <Show when={mayManage()}>
                    <button
                        type="button"
                        class="button primary"
                        onClick={() => props.client.show({ kind: "create_channel", guild_id: props.guild })}
                    >
                        Create a channel
                    </button>
                </Show>
            </Empty>
        </WhenLoaded>
    );
}
