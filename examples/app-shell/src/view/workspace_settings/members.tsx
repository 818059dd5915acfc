/**
 * The members of a server, their roles, and adding some.
 */

import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { members as routes } from "../../api/guilds.js";
import type { Client } from "../../client/client.js";
import { holds, permissionLabel } from "../../client/permission.js";
import { Avatar } from "../../part/avatar.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { WhenLoaded } from "../../part/state_words.js";
import { RoleChips } from "../members/member_actions.js";

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The section. */
export function MembersSection(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [text, setText] = createSignal("");
    const members = () => client.state().members[props.guild] ?? {};
    const roles = createMemo(() => client.state().roles[props.guild] ?? []);
    const users = createMemo(() => {
        const wanted = text().trim().toLowerCase();
        return Object.keys(members())
            .filter((user) => client.name(user).toLowerCase().includes(wanted))
            .sort((one, other) => client.name(one).localeCompare(client.name(other)));
    });
    return (
        <>
            <AddMember client={client} guild={props.guild} />
            <input
                class="search-field"
                type="search"
                aria-label="Find a member"
                placeholder="Find a member"
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
            />
            <WhenLoaded loaded={client.upkeep.guild(props.guild)} what="members">
                <ul class="person-list">
                    <For each={users()} fallback={<li class="muted">Nobody of that name.</li>}>
                        {(user) => (
                            <li class="person-line">
                                <button
                                    type="button"
                                    class="person-open"
                                    onClick={() =>
                                        client.show({ kind: "person", user_id: user, guild_id: props.guild })
                                    }
                                >
                                    <Avatar client={client} user={user} />
                                    <span>{client.name(user)}</span>
                                </button>
                                <RoleChips
                                    roles={roles().filter(({ role_id }) => members()[user]?.role_ids.includes(role_id))}
                                />
                            </li>
                        )}
                    </For>
                </ul>
                <Show when={client.upkeep.moreMembers(props.guild)}>
                    <button
                        type="button"
                        class="button wide"
                        onClick={() => void client.attempt(() => client.upkeep.loadMoreMembers(props.guild))}
                    >
                        More members
                    </button>
                </Show>
            </WhenLoaded>
        </>
    );
}

/** Adds a friend, or somebody by id. */
function AddMember(props: { readonly client: Client; readonly guild: string }): JSX.Element {
    const { client } = props;
    const [id, setId] = createSignal("");
    const saver = createSaver();
    const may = () => holds(client.state().guilds[props.guild], "manage_member_roles");
    const friends = () =>
        Object.values(client.state().friends.friends ?? {}).filter(
            ({ user_id }) => !client.state().members[props.guild]?.[user_id],
        );
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const user = id().trim().toUpperCase();
        if (await saver.save(() => routes.add(client.http, props.guild, user))) setId("");
    };
    return (
        <form class="inline-form" onSubmit={submit}>
            <label class="field">
                <span>Add somebody by id</span>
                <input
                    list="friends-to-add"
                    disabled={!may()}
                    value={id()}
                    spellcheck={false}
                    autocomplete="off"
                    placeholder="01J…"
                    onInput={(event) => setId(event.currentTarget.value)}
                />
                <datalist id="friends-to-add">
                    <For each={friends()}>{(friend) => <option value={friend.user_id}>{friend.username}</option>}</For>
                </datalist>
            </label>
            <button type="submit" class="button primary" disabled={!may() || !ULID.test(id().trim().toUpperCase())}>
                Add member
            </button>
            <SaveStatus saver={saver} />
            <Show when={!may()}>
                <p class="muted small">
                    Adding members needs the permission “{permissionLabel("manage_member_roles")}”.
                </p>
            </Show>
        </form>
    );
}
