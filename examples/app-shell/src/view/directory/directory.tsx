/**
 * Public servers: looking around, joining.
 */

import type { Guild } from "@filament/protocol/record/guild";
import { createEffect, createSignal, For, type JSX, onCleanup, Show } from "solid-js";
import { guilds } from "../../api/guilds.js";
import { sentence } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import type { Loaded } from "../../client/upkeep.js";
import { hue, initials } from "../../part/avatar.js";
import { Empty, WhenLoaded } from "../../part/state_words.js";
import { Head } from "../head.js";

/** How long typing has to rest before it is searched, in milliseconds. */
const REST_MS = 200;

/** The place. */
export default function Directory(props: { readonly client: Client; readonly onMenu: () => void }): JSX.Element {
    const [text, setText] = createSignal("");
    const [found, setFound] = createSignal<readonly Guild[]>([]);
    const [loaded, setLoaded] = createSignal<Loaded>({ kind: "loading" });
    const [again, setAgain] = createSignal(0);
    createEffect(() => {
        const wanted = text().trim();
        again();
        const abort = new AbortController();
        const timer = setTimeout(
            async () => {
                try {
                    const answer = await guilds.directory(props.client.http, wanted, abort.signal);
                    setFound(answer.guilds);
                    setLoaded({ kind: "ready" });
                } catch (error) {
                    if (!abort.signal.aborted) setLoaded({ kind: "failed", why: sentence(error) });
                }
            },
            wanted === "" ? 0 : REST_MS,
        );
        onCleanup(() => {
            clearTimeout(timer);
            abort.abort();
        });
    });
    return (
        <div class="place">
            <main id="main" tabindex={-1} class="main">
                <Head icon="compass" title="Discover servers" onMenu={props.onMenu} />
                <div class="page">
                    <input
                        class="search-field"
                        type="search"
                        aria-label="Find a server"
                        placeholder="Find a server"
                        maxlength={64}
                        value={text()}
                        onInput={(event) => setText(event.currentTarget.value)}
                    />
                    <WhenLoaded loaded={loaded()} what="public servers" onRetry={() => setAgain(again() + 1)}>
                        <Show
                            when={found().length > 0}
                            fallback={
                                <Empty
                                    icon="compass"
                                    title="Nothing found"
                                    text={
                                        text() === ""
                                            ? "Nobody has made a public server yet."
                                            : "No public server has that in its name."
                                    }
                                />
                            }
                        >
                            <ul class="cards">
                                <For each={found()}>{(guild) => <Card client={props.client} guild={guild} />}</For>
                            </ul>
                        </Show>
                    </WhenLoaded>
                </div>
            </main>
        </div>
    );
}

function Card(props: { readonly client: Client; readonly guild: Guild }): JSX.Element {
    const { client } = props;
    const [busy, setBusy] = createSignal(false);
    const isMember = () => client.state().guilds[props.guild.guild_id] !== undefined;
    const open = () => client.go({ kind: "guild", guild_id: props.guild.guild_id });
    const join = async () => {
        setBusy(true);
        const joined = await client.attempt(() => guilds.join(client.http, props.guild.guild_id));
        if (joined) client.goOnceOpen({ kind: "guild", guild_id: props.guild.guild_id });
        setBusy(false);
    };
    return (
        <li class="card">
            <span class="card-letters" style={{ "--hue": hue(props.guild.guild_id) }} aria-hidden="true">
                {initials(props.guild.name)}
            </span>
            <h2>{props.guild.name}</h2>
            <Show
                when={isMember()}
                fallback={
                    <button
                        type="button"
                        class="button primary"
                        disabled={busy()}
                        aria-label={`Join ${props.guild.name}`}
                        onClick={() => void join()}
                    >
                        Join
                    </button>
                }
            >
                <button type="button" class="button" aria-label={`Open ${props.guild.name}`} onClick={open}>
                    Open
                </button>
            </Show>
        </li>
    );
}
