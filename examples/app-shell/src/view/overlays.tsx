/**
 * What lies over the page: dialogs and settings, loaded when the first of them is opened.
 */

import { type JSX, lazy, Match, Switch } from "solid-js";
import type { Client, Overlay } from "../client/client.js";
import { Diagnostics } from "./diagnostics/diagnostics.js";
import { CreateChannel } from "./dialogs/create_channel.js";
import { CreateGuild } from "./dialogs/create_guild.js";
import { LeaveGuild } from "./dialogs/leave_guild.js";
import { Person } from "./dialogs/person.js";
import { Switcher } from "./dialogs/switcher.js";

const ClientSettings = lazy(() => import("./client_settings/client_settings.js"));
const WorkspaceSettings = lazy(() => import("./workspace_settings/workspace_settings.js"));

/** The one that is open. */
export default function Overlays(props: { readonly client: Client }): JSX.Element {
    const open = <Kind extends Overlay["kind"]>(kind: Kind) => {
        const overlay = props.client.overlay();
        return overlay?.kind === kind ? (overlay as Extract<Overlay, { kind: Kind }>) : undefined;
    };
    const close = () => props.client.show(undefined);
    return (
        <Switch>
            <Match when={open("client_settings")} keyed>
                {(overlay) => <ClientSettings client={props.client} section={overlay.section} onClose={close} />}
            </Match>
            <Match when={open("workspace_settings")} keyed>
                {(overlay) => (
                    <WorkspaceSettings
                        client={props.client}
                        guild={overlay.guild_id}
                        section={overlay.section}
                        onClose={close}
                    />
                )}
            </Match>
            <Match when={open("person")} keyed>
                {(overlay) => (
                    <Person client={props.client} user={overlay.user_id} guild={overlay.guild_id} onClose={close} />
                )}
            </Match>
            <Match when={open("create_guild")}>
                <CreateGuild client={props.client} onClose={close} />
            </Match>
            <Match when={open("create_channel")} keyed>
                {(overlay) => <CreateChannel client={props.client} guild={overlay.guild_id} onClose={close} />}
            </Match>
            <Match when={open("leave_guild")} keyed>
                {(overlay) => <LeaveGuild client={props.client} guild={overlay.guild_id} onClose={close} />}
            </Match>
            <Match when={open("switcher")}>
                <Switcher client={props.client} onClose={close} />
            </Match>
            <Match when={open("diagnostics")}>
                <Diagnostics client={props.client} onClose={close} />
            </Match>
        </Switch>
    );
}
