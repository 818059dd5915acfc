/**
 * The members of the open guild, with who is online.
 */

import { createMemo, For, type JSX, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { Icon } from "../../part/icon.js";
import { WhenLoaded } from "../../part/state_words.js";
import { groupMembers, memberColor } from "./grouping.js";

/** The list. */
export function MemberList(props: {
    readonly client: Client;
    readonly guild: string;
    readonly onClose: () => void;
}): JSX.Element {
    const state = () => props.client.state();
    const members = createMemo(() => state().members[props.guild] ?? {});
    const roles = createMemo(() => state().roles[props.guild] ?? []);
    const online = createMemo(() => state().presence[props.guild]?.online ?? {});
    const groups = createMemo(() =>
        groupMembers(
            Object.values(members()),
            roles(),
            (user) => Object.hasOwn(online(), user),
            (user) => props.client.name(user),
        ),
    );
    const titles = createMemo(() => groups().map(({ title }) => title), [], {
        equals: (one, other) => one.join("\n") === other.join("\n"),
    });
    const users = (title: string) => groups().find((group) => group.title === title)?.users ?? [];
    return (
        <aside class="aside" aria-label="Members">
            <div class="aside-head">
                <h2>Members</h2>
                <button type="button" class="bare" aria-label="Close member list" onClick={() => props.onClose()}>
                    <Icon name="close" size={18} />
                </button>
            </div>
            <div class="aside-scroll">
                <WhenLoaded loaded={props.client.upkeep.guild(props.guild)} what="members">
                    <For each={titles()}>
                        {(title) => (
                            <section>
                                <h3>
                                    {title} <span class="muted">{users(title).length}</span>
                                </h3>
                                <ul class="member-list">
                                    <For each={users(title)}>
                                        {(user_id) => (
                                            <li>
                                                <button
                                                    type="button"
                                                    class="member"
                                                    classList={{ offline: title === "Offline" }}
                                                    onClick={() =>
                                                        props.client.show({
                                                            kind: "person",
                                                            user_id,
                                                            guild_id: props.guild,
                                                        })
                                                    }
                                                >
                                                    <Avatar
                                                        client={props.client}
                                                        user={user_id}
                                                        size={32}
                                                        online={Object.hasOwn(online(), user_id)}
                                                    />
                                                    <span class="member-name">
                                                        <Dot color={memberColor(members()[user_id], roles())} />
                                                        {props.client.name(user_id)}
                                                    </span>
                                                    <span class="visually-hidden">
                                                        {Object.hasOwn(online(), user_id) ? "online" : "offline"}
                                                    </span>
                                                </button>
                                            </li>
                                        )}
                                    </For>
                                </ul>
                            </section>
                        )}
                    </For>
                    <Show when={props.client.upkeep.moreMembers(props.guild)}>
                        <button
                            type="button"
                            class="button wide"
                            onClick={() =>
                                void props.client.attempt(() => props.client.upkeep.loadMoreMembers(props.guild))
                            }
                        >
                            More members
                        </button>
                    </Show>
                </WhenLoaded>
            </div>
        </aside>
    );
}

/** The colour of a role. Names are not written in it: nobody promises that it can be read. */
export function Dot(props: { readonly color: string | undefined | null }): JSX.Element {
    return (
        <Show when={props.color}>
            {(color) => <span class="role-dot" style={{ background: color() }} aria-hidden="true" />}
        </Show>
    );
}
