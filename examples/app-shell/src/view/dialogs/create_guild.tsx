/**
 * A new server, with a first channel, since a server is born without any.
 */

import { createSignal, type JSX } from "solid-js";
import { channels } from "../../api/channels.js";
import { guilds } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { Dialog } from "../../part/dialog.js";
import { createSaver, FormEnd } from "../../part/saving.js";

/** The dialog. */
export function CreateGuild(props: { readonly client: Client; readonly onClose: () => void }): JSX.Element {
    const { client } = props;
    const [name, setName] = createSignal("");
    const [isPublic, setPublic] = createSignal(false);
    const saver = createSaver();
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(async () => {
            const { guild_id } = await guilds.create(client.http, name(), isPublic() ? "public" : "private");
            const { channel_id } = await channels.create(client.http, guild_id, "general", "text");
            props.onClose();
            client.goOnceOpen({ kind: "guild", guild_id, channel_id });
        });
    };
    return (
        <Dialog title="Create a server" onClose={props.onClose}>
            <form class="form" onSubmit={submit}>
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
                <label class="check">
                    <input
                        type="checkbox"
                        checked={isPublic()}
                        onChange={(event) => setPublic(event.currentTarget.checked)}
                    />
                    <span>
                        Public <small class="muted">Everybody can find and join it.</small>
                    </span>
                </label>
                <FormEnd saver={saver} label="Create" disabled={name().trim() === ""} />
            </form>
        </Dialog>
    );
}
