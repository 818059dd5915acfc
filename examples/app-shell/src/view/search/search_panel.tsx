/**
 * Searching the messages of a guild.
 */

import type { Message } from "@filament/protocol/record/message";
import { createSignal, For, type JSX, onMount, Show } from "solid-js";
import { messages } from "../../api/channels.js";
import { isMissingFeature, sentence } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import { onChange } from "../../part/change.js";
import { Icon } from "../../part/icon.js";
import { Empty, Loading } from "../../part/state_words.js";
import { full } from "../../part/time.js";
import { Markdown } from "../channel/markdown.js";

/** The panel. */
export default function SearchPanel(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string | undefined;
    readonly onClose: () => void;
}): JSX.Element {
    const [text, setText] = createSignal("");
    const [isHere, setHere] = createSignal(false);
    const [found, setFound] = createSignal<readonly Message[]>();
    const [next, setNext] = createSignal<string>();
    const [busy, setBusy] = createSignal(false);
    const [problem, setProblem] = createSignal("");
    let field!: HTMLInputElement;
    let run = 0;
    onMount(() => field.focus());
    onChange(
        () => props.guild,
        () => setFound(undefined),
        { defer: true },
    );
    const search = async (cursor?: string) => {
        const words = text().trim();
        if (words === "") return;
        run += 1;
        const mine = run;
        setBusy(true);
        setProblem("");
        try {
            const page = await messages.search(
                props.client.http,
                props.guild,
                words,
                isHere() ? props.channel : undefined,
                cursor,
            );
            if (mine !== run) return;
            setFound(cursor === undefined ? page.messages : [...(found() ?? []), ...page.messages]);
            setNext(page.next_cursor ?? undefined);
        } catch (error) {
            if (mine === run) setProblem(isMissingFeature(error) ? "This server cannot search now." : sentence(error));
        } finally {
            if (mine === run) setBusy(false);
        }
    };
    return (
        <aside class="aside wide" aria-label="Search">
            <div class="aside-head">
                <h2>Search</h2>
                <button type="button" class="bare" aria-label="Close search" onClick={() => props.onClose()}>
                    <Icon name="close" size={18} />
                </button>
            </div>
            <form
                class="search-form"
                role="search"
                onSubmit={(event) => {
                    event.preventDefault();
                    void search();
                }}
            >
                <input
                    ref={field}
                    type="search"
                    aria-label="Words to find"
                    placeholder="Words to find"
                    maxlength={256}
                    value={text()}
                    onInput={(event) => setText(event.currentTarget.value)}
                />
                <label class="check">
                    <input
                        type="checkbox"
                        checked={isHere()}
                        onChange={(event) => setHere(event.currentTarget.checked)}
                    />
                    Only in this channel
                </label>
                <button type="submit" class="button primary" disabled={busy()}>
                    Search
                </button>
            </form>
            <div class="aside-scroll">
                <p class="problem" role="alert">
                    {problem()}
                </p>
                <Show when={busy() && found() === undefined}>
                    <Loading what="results" />
                </Show>
                <Show when={found()}>
                    {(list) => (
                        <Show
                            when={list().length > 0}
                            fallback={
                                <Empty
                                    icon="search"
                                    title="Nothing found"
                                    text="No message that you can see has all of these words."
                                />
                            }
                        >
                            <ul class="results">
                                <For each={list()}>
                                    {(message) => <Result client={props.client} message={message} />}
                                </For>
                            </ul>
                            <Show when={next()}>
                                {(cursor) => (
                                    <button
                                        type="button"
                                        class="button wide"
                                        disabled={busy()}
                                        onClick={() => void search(cursor())}
                                    >
                                        More results
                                    </button>
                                )}
                            </Show>
                        </Show>
                    )}
                </Show>
            </div>
        </aside>
    );
}

function Result(props: { readonly client: Client; readonly message: Message }): JSX.Element {
    const { client } = props;
    const channel = () =>
        client
            .state()
            .channels[props.message.guild_id]?.list.find(({ channel_id }) => channel_id === props.message.channel_id);
    const open = () => {
        const { guild_id, channel_id, message_id } = props.message;
        client.go({ kind: "guild", guild_id, channel_id });
        client.setJump({ channel_id, message_id });
    };
    return (
        <li class="result">
            <p class="result-head">
                <strong>{client.name(props.message.author_id)}</strong>
                <span class="muted">
                    #{channel()?.name} · {full(props.message.created_at_unix)}
                </span>
            </p>
            <Markdown tokens={props.message.markdown_tokens} content={props.message.content} />
            <button type="button" class="button small" onClick={open}>
                Show in channel
            </button>
        </li>
    );
}
