/**
 * Going somewhere by its name.
 */

import { createMemo, createSignal, createUniqueId, For, type JSX } from "solid-js";
import type { Client } from "../../client/client.js";
import { isVisible } from "../../client/permission.js";
import type { Place } from "../../client/place.js";
import { Dialog } from "../../part/dialog.js";
import { Icon, type IconName } from "../../part/icon.js";

/** Places shown at once. */
const SHOWN_MAX = 12;

interface Target {
    readonly icon: IconName;
    readonly name: string;
    readonly where: string;
    readonly place: Place;
}

/** The dialog. */
export function Switcher(props: { readonly client: Client; readonly onClose: () => void }): JSX.Element {
    const [text, setText] = createSignal("");
    const [chosen, setChosen] = createSignal(0);
    const id = createUniqueId();
    const all = createMemo(() => targets(props.client));
    const found = createMemo(() => {
        const words = text().trim().toLowerCase().split(/\s+/);
        const matches = ({ name, where }: Target) =>
            words.every((word) => `${name} ${where}`.toLowerCase().includes(word));
        return all().filter(matches).slice(0, SHOWN_MAX);
    });
    const open = (target: Target | undefined) => {
        if (target === undefined) return;
        props.onClose();
        props.client.go(target.place);
    };
    const keys = (event: KeyboardEvent) => {
        const count = found().length;
        if (event.key === "ArrowDown") setChosen((chosen() + 1) % Math.max(count, 1));
        else if (event.key === "ArrowUp") setChosen((chosen() + count - 1) % Math.max(count, 1));
        else if (event.key === "Enter") open(found()[chosen()]);
        else return;
        event.preventDefault();
    };
    return (
        <Dialog title="Go to…" class="switcher" onClose={props.onClose}>
            <input
                autofocus
                type="text"
                role="combobox"
                aria-label="Server or channel"
                aria-expanded="true"
                aria-controls={id}
                aria-activedescendant={found().length > 0 ? `${id}-${chosen()}` : undefined}
                placeholder="Server or channel"
                value={text()}
                onInput={(event) => {
                    setText(event.currentTarget.value);
                    setChosen(0);
                }}
                onKeyDown={keys}
            />
            <ul id={id} role="listbox" aria-label="Places" class="switcher-list">
                <For each={found()} fallback={<li class="muted">Nothing of that name.</li>}>
                    {(target, index) => (
                        <li
                            id={`${id}-${index()}`}
                            role="option"
                            aria-selected={chosen() === index()}
                            onClick={() => open(target)}
                            onPointerMove={() => setChosen(index())}
                        >
                            <Icon name={target.icon} size={18} />
                            <span>{target.name}</span>
                            <small class="muted">{target.where}</small>
                        </li>
                    )}
                </For>
            </ul>
        </Dialog>
    );
}

function targets(client: Client): readonly Target[] {
    const { guilds, channels } = client.state();
    const list: Target[] = [
        { icon: "users", name: "Friends", where: "", place: { kind: "friends" } },
        { icon: "compass", name: "Discover servers", where: "", place: { kind: "directory" } },
    ];
    for (const [guild_id, guild] of Object.entries(guilds)) {
        for (const channel of channels[guild_id]?.list ?? []) {
            if (!isVisible(channel, guild)) continue;
            const { name, kind, channel_id } = channel;
            list.push({
                icon: kind === "text" ? "hash" : "voice",
                name,
                where: guild.name,
                place: { kind: "guild", guild_id, channel_id },
            });
        }
        list.push({ icon: "shield", name: guild.name, where: "server", place: { kind: "guild", guild_id } });
    }
    return list;
}
