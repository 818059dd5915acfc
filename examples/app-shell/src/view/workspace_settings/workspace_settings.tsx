/**
 * Workspace settings: what concerns one server and everybody in it. What the user may not do is locked, and says why.
 */

import type { Permission } from "@filament/protocol/value";
import { type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { holds, permissionLabel } from "../../client/permission.js";
import { Settings } from "../../part/settings.js";
import { AuditSection } from "./audit.js";
import { BansSection } from "./bans.js";
import { ChannelsSection } from "./channels.js";
import { IpBansSection } from "./ip_bans.js";
import { MembersSection } from "./members.js";
import { Overview } from "./overview.js";
import { RolesSection } from "./roles.js";

/** The panel. */
export default function WorkspaceSettings(props: {
    readonly client: Client;
    readonly guild: string;
    readonly section: string | undefined;
    readonly onClose: () => void;
}): JSX.Element {
    const { client, guild } = props;
    const may = (permission: Permission) => holds(client.state().guilds[guild], permission);
    const locked = (permission: Permission) =>
        may(permission) ? undefined : `You need the permission “${permissionLabel(permission)}” here.`;
    const only = (permission: Permission, view: () => JSX.Element) => () => (
        <Show when={may(permission)}>{view()}</Show>
    );
    return (
        <Settings
            title="Server Settings"
            section={props.section}
            onClose={props.onClose}
            sections={[
                {
                    id: "overview",
                    label: "Overview",
                    view: () => <Overview client={client} guild={guild} onClose={props.onClose} />,
                },
                {
                    id: "roles",
                    label: "Roles",
                    get locked() {
                        return locked("manage_workspace_roles");
                    },
                    view: () => <RolesSection client={client} guild={guild} />,
                },
                {
                    id: "channels",
                    label: "Channels",
                    get locked() {
                        return locked("manage_channel_overrides");
                    },
                    view: only("manage_channel_overrides", () => <ChannelsSection client={client} guild={guild} />),
                },
                { id: "members", label: "Members", view: () => <MembersSection client={client} guild={guild} /> },
                {
                    id: "bans",
                    label: "Bans",
                    get locked() {
                        return locked("ban_member");
                    },
                    view: only("ban_member", () => <BansSection client={client} guild={guild} />),
                },
                {
                    id: "ip_bans",
                    label: "Address bans",
                    get locked() {
                        return locked("manage_ip_bans");
                    },
                    view: only("manage_ip_bans", () => <IpBansSection client={client} guild={guild} />),
                },
                {
                    id: "audit",
                    label: "Audit log",
                    get locked() {
                        return locked("view_audit_log");
                    },
                    view: only("view_audit_log", () => <AuditSection client={client} guild={guild} />),
                },
            ]}
        />
    );
}
