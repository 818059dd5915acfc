/**
 * The name of the open guild, which opens its menu.
 */

import type { JSX } from "solid-js";
import type { Client } from "../../client/client.js";
import { holds } from "../../client/permission.js";
import { Icon } from "../../part/icon.js";
import { MenuButton, type MenuItem } from "../../part/menu.js";

/** The menu. */
export function WorkspaceMenu(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const guild = () => props.client.state().guilds[props.guild];
    const items = (): MenuItem[] => {
        const { client, guild: guild_id } = props;
        const isOwner = guild()?.access?.role === "owner";
        return [
            {
                label: "Server Settings",
                icon: "gear",
                run: () => client.show({ kind: "workspace_settings", guild_id }),
            },
            ...(holds(guild(), "manage_channel_overrides")
                ? [
                      {
                          label: "Create channel",
                          icon: "add",
                          run: () => client.show({ kind: "create_channel", guild_id }),
                      } as const,
                  ]
                : []),
            ...(holds(guild(), "manage_member_roles")
                ? [
                      {
                          label: "Add members",
                          icon: "person",
                          run: () => client.show({ kind: "workspace_settings", guild_id, section: "members" }),
                      } as const,
                  ]
                : []),
            ...(isOwner
                ? []
                : [
                      {
                          label: "Leave server",
                          icon: "leave",
                          danger: true,
                          run: () => client.show({ kind: "leave_guild", guild_id }),
                      } as const,
                  ]),
        ];
    };
    return (
        <div class="rail-head">
            <MenuButton class="workspace-menu" label={`${guild()?.name ?? ""}, server menu`} items={items()}>
                <strong>{guild()?.name}</strong>
                <Icon name="chevron" size={18} />
            </MenuButton>
        </div>
    );
}
