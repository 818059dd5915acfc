/**
 * Leaving a server.
 */

import type { JSX } from "solid-js";
import { guilds } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { Confirm } from "../../part/dialog.js";

/** The question. */
export function LeaveGuild(props: {
    readonly client: Client;
    readonly guild: string;
    readonly onClose: () => void;
}): JSX.Element {
    const name = props.client.state().guilds[props.guild]?.name ?? "this server";
    return (
        <Confirm
            title={`Leave ${name}?`}
            text="You can come back if it is public or somebody adds you. What you wrote stays."
            action="Leave server"
            onConfirm={() => void props.client.attempt(() => guilds.leave(props.client.http, props.guild))}
            onClose={props.onClose}
        />
    );
}
