/**
 * A new channel.
 */

import { createSignal, type JSX } from "solid-js";
import { channels } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { Dialog } from "../../part/dialog.js";
import { createSaver, FormEnd } from "../../part/saving.js";

/** The dialog. */
export function CreateChannel(props: {
    readonly client: Client;
    readonly guild: string;
    readonly onClose: () => void;
}): JSX.Element {
    const { client } = props;
    const [name, setName] = createSignal("");
    const [kind, setKind] = createSignal<"text" | "voice">("text");
    const saver = createSaver();
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(async () => {
            const { channel_id } = await channels.create(client.http, props.guild, name(), kind());
            props.onClose();
            if (kind() === "text") client.goOnceOpen({ kind: "guild", guild_id: props.guild, channel_id });
        });
    };
    return (
        <Dialog title="Create a channel" onClose={props.onClose}>
            <form class="form" onSubmit={submit}>
                <fieldset class="choices">
                    <legend>Kind</legend>
                    <label class="check">
                        <input type="radio" name="kind" checked={kind() === "text"} onChange={() => setKind("text")} />
                        <span>
                            Text <small class="muted">Messages, files, reactions.</small>
                        </span>
                    </label>
                    <label class="check">
                        <input
                            type="radio"
                            name="kind"
                            checked={kind() === "voice"}
                            onChange={() => setKind("voice")}
                        />
                        <span>
                            Voice <small class="muted">Talk, camera, shared screens.</small>
                        </span>
                    </label>
                </fieldset>
                <label class="field">
                    <span>Name</span>
                    <input
                        autofocus
                        required
                        maxlength={64}
                        value={name()}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                </label>
                <FormEnd saver={saver} label="Create" disabled={name().trim() === ""} />
            </form>
        </Dialog>
    );
}
