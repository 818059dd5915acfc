/**
 * A server's name and visibility; giving it away and deleting it.
 */

import type { Guild } from "@filament/protocol/record/guild";
import { createSignal, For, type JSX, Show } from "solid-js";
import { guilds } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { holds, permissionLabel } from "../../client/permission.js";
import { Confirm } from "../../part/dialog.js";
import { createDraft } from "../../part/draft.js";
import { Icon } from "../../part/icon.js";
import { createSaver, FormEnd } from "../../part/saving.js";

/** The section. */
export function Overview(props: {
    readonly client: Client;
    readonly guild: string;
    readonly onClose: () => void;
}): JSX.Element {
    const { client } = props;
    const guild = () => client.state().guilds[props.guild];
    const may = () => holds(guild(), "manage_roles");
    const [name, setName] = createDraft(() => guild()?.name, "");
    const [visibility, setVisibility] = createDraft<Guild["visibility"]>(() => guild()?.visibility, "private");
    const saver = createSaver();
    const changes = () => ({
        ...(name() !== guild()?.name && { name: name() }),
        ...(visibility() !== guild()?.visibility && { visibility: visibility() }),
    });
    const isChanged = () => Object.keys(changes()).length > 0;
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(() => guilds.update(client.http, props.guild, changes()));
    };
    return (
        <>
            <Show when={!may()}>
                <p class="locked" role="note">
                    <Icon name="lock" size={16} /> You need the permission “{permissionLabel("manage_roles")}” to change
                    this.
                </p>
            </Show>
            <form class="form" onSubmit={submit}>
                <label class="field">
                    <span>Server name</span>
                    <input
                        required
                        maxlength={64}
                        disabled={!may()}
                        value={name()}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                </label>
                <fieldset class="choices" disabled={!may()}>
                    <legend>Visibility</legend>
                    <label class="check">
                        <input
                            type="radio"
                            name="visibility"
                            checked={visibility() === "private"}
                            onChange={() => setVisibility("private")}
                        />
                        <span>
                            Private <small class="muted">Members are added by members.</small>
                        </span>
                    </label>
                    <label class="check">
                        <input
                            type="radio"
                            name="visibility"
                            checked={visibility() === "public"}
                            onChange={() => setVisibility("public")}
                        />
                        <span>
                            Public <small class="muted">Everybody can find and join it.</small>
                        </span>
                    </label>
                </fieldset>
                <FormEnd saver={saver} label="Save changes" disabled={!may() || !isChanged() || name().trim() === ""} />
            </form>
            <Show when={guild()?.access?.role === "owner"}>
                <Ownership client={client} guild={props.guild} />
            </Show>
        </>
    );
}

function Ownership(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [heir, setHeir] = createSignal("");
    const [question, ask] = createSignal<"transfer" | "delete">();
    const guild = () => client.state().guilds[props.guild];
    const others = () =>
        Object.keys(client.state().members[props.guild] ?? {}).filter((user) => user !== guild()?.owner_user_id);
    return (
        <section class="danger-zone">
            <h3>Ownership</h3>
            <div class="inline-form">
                <label class="field">
                    <span>Give this server to</span>
                    <select value={heir()} onChange={(event) => setHeir(event.currentTarget.value)}>
                        <option value="">Nobody</option>
                        <For each={others()}>{(user) => <option value={user}>{client.name(user)}</option>}</For>
                    </select>
                </label>
                <button type="button" class="button danger" disabled={heir() === ""} onClick={() => ask("transfer")}>
                    Give away
                </button>
            </div>
            <button type="button" class="button danger" onClick={() => ask("delete")}>
                Delete server
            </button>
            <Show when={question() === "transfer"}>
                <Confirm
                    title={`Give ${guild()?.name} to ${client.name(heir())}?`}
                    text="They become the owner, you a moderator. Only they can give it back."
                    action="Give away"
                    onConfirm={() =>
                        void client.attempt(
                            () => guilds.transfer(client.http, props.guild, heir()),
                            "The server has a new owner.",
                        )
                    }
                    onClose={() => ask(undefined)}
                />
            </Show>
            <Show when={question() === "delete"}>
                <Confirm
                    title={`Delete ${guild()?.name}?`}
                    text="Every channel, message and file of it goes, for everybody. This cannot be taken back."
                    action="Delete server"
                    onConfirm={() => void client.attempt(() => guilds.remove(client.http, props.guild))}
                    onClose={() => ask(undefined)}
                />
            </Show>
        </section>
    );
}
