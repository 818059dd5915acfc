/**
 * The channels of a server: order, names, and who may do what in them. Also those the user only manages.
 */

import type { ListedChannel } from "@filament/protocol/record/listed_channel";
import { createMemo, createSignal, type JSX, onCleanup, Show } from "solid-js";
import { channels as routes } from "../../api/channels.js";
import { sentence } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import type { Loaded } from "../../client/upkeep.js";
import { onChange } from "../../part/change.js";
import { Confirm } from "../../part/dialog.js";
import { createDraft } from "../../part/draft.js";
import { Icon } from "../../part/icon.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { WhenLoaded } from "../../part/state_words.js";
import { Overrides } from "./overrides.js";
import { Reorder } from "./reorder.js";

/** The section. */
export function ChannelsSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [all, setAll] = createSignal<readonly ListedChannel[]>([]);
    const [loaded, setLoaded] = createSignal<Loaded>({ kind: "loading" });
    const [chosen, choose] = createSignal<string>();
    const saver = createSaver();
    const reload = async () => {
        try {
            setAll((await routes.manageable(client.http, props.guild)).channels);
            setLoaded({ kind: "ready" });
        } catch (error) {
            setLoaded({ kind: "failed", why: sentence(error) });
        }
    };
    // The state holds the channels one sees, in their order, and hears of every change of those one manages.
    onChange(
        () => client.state().channels[props.guild],
        () => void reload(),
    );
    for (const name of ["channel_create", "channel_update", "channel_delete"] as const)
        onCleanup(client.gateway.on(name, ({ guild_id }) => guild_id === props.guild && void reload()));
    const ids = createMemo(() => all().map(({ channel_id }) => channel_id), [], {
        equals: (one, other) => one.join() === other.join(),
    });
    const channel = (id: string | undefined) => all().find(({ channel_id }) => channel_id === id);
    return (
        <WhenLoaded loaded={loaded()} what="channels" onRetry={() => void reload()}>
            <div class="split">
                <div class="split-list">
                    <Reorder
                        label="Channels, in order"
                        ids={ids()}
                        isFixed={() => false}
                        name={(id) => channel(id)?.name ?? ""}
                        onOrder={(order) => void saver.save(() => routes.reorder(client.http, props.guild, order))}
                    >
                        {(id) => (
                            <button
                                type="button"
                                class="row-choice"
                                aria-current={chosen() === id}
                                onClick={() => choose(id)}
                            >
                                <Icon name={channel(id)?.kind === "voice" ? "voice" : "hash"} size={16} />
                                {channel(id)?.name}
                                <Show when={channel(id)?.visible === false}>
                                    <Icon name="lock" size={14} />
                                    <span class="visually-hidden">, hidden from you</span>
                                </Show>
                            </button>
                        )}
                    </Reorder>
                    <SaveStatus saver={saver} />
                    <button
                        type="button"
                        class="button wide"
                        onClick={() => client.show({ kind: "create_channel", guild_id: props.guild })}
                    >
                        Create channel
                    </button>
                </div>
                <div class="split-main">
                    <Show
                        when={channel(chosen())?.channel_id}
                        keyed
                        fallback={<p class="muted">Choose a channel to change it.</p>}
                    >
                        {(id) => (
                            <ChannelEditor client={client} guild={props.guild} channel={id} listed={channel(id)} />
                        )}
                    </Show>
                </div>
            </div>
        </WhenLoaded>
    );
}

function ChannelEditor(props: {
    readonly client: Client;
    readonly guild: string;
    readonly channel: string;
    readonly listed: ListedChannel | undefined;
}): JSX.Element {
    const { client } = props;
    const key = { guild_id: props.guild, channel_id: props.channel };
    const [name, setName] = createDraft(() => props.listed?.name, "");
    const [isDeleting, setDeleting] = createSignal(false);
    const saver = createSaver();
    const isHidden = () => props.listed?.visible === false;
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(() => routes.rename(client.http, key, name()));
    };
    return (
        <>
            <Show when={isHidden()}>
                <p class="locked" role="note">
                    <Icon name="lock" size={16} /> You do not see this channel, so you cannot change it.
                </p>
            </Show>
            <form class="form" onSubmit={submit}>
                <div class="inline-form">
                    <label class="field">
                        <span>Channel name</span>
                        <input
                            required
                            maxlength={64}
                            disabled={isHidden()}
                            value={name()}
                            onInput={(event) => setName(event.currentTarget.value)}
                        />
                    </label>
                    <button
                        type="submit"
                        class="button primary"
                        disabled={isHidden() || name().trim() === "" || name() === props.listed?.name}
                    >
                        Rename
                    </button>
                    <button type="button" class="button danger" disabled={isHidden()} onClick={() => setDeleting(true)}>
                        Delete channel
                    </button>
                </div>
                <SaveStatus saver={saver} />
            </form>
            <Show when={!isHidden()}>
                <Overrides client={client} guild={props.guild} channel={props.channel} />
            </Show>
            <Show when={isDeleting()}>
                <Confirm
                    title={`Delete ${props.listed?.name}?`}
                    text="Its messages and files go with it. This cannot be taken back."
                    action="Delete channel"
                    onConfirm={() => void saver.save(() => routes.remove(client.http, key))}
                    onClose={() => setDeleting(false)}
                />
            </Show>
        </>
    );
}
