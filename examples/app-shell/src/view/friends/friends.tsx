/**
 * Friends, and requests both ways.
 */

import type { Friend, FriendRequest } from "@filament/protocol/state/friends";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { friends } from "../../api/people.js";
import type { Client } from "../../client/client.js";
import { Avatar } from "../../part/avatar.js";
import { createSaver, SaveStatus } from "../../part/saving.js";
import { Empty, Loading } from "../../part/state_words.js";
import { Head } from "../head.js";

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The place. */
export function Friends(props: { readonly client: Client; readonly onMenu: () => void }): JSX.Element {
    const known = () => props.client.state().friends;
    const list = createMemo(() =>
        Object.values(known().friends ?? {}).sort((one, other) => one.username.localeCompare(other.username)),
    );
    const incoming = createMemo(() => Object.values(known().incoming ?? {}));
    const outgoing = createMemo(() => Object.values(known().outgoing ?? {}));
    return (
        <div class="place">
            <main id="main" tabindex={-1} class="main">
                <Head icon="users" title="Friends" onMenu={props.onMenu} />
                <div class="page">
                    <Show when={known().friends} fallback={<Missing client={props.client} />}>
                        <AddFriend client={props.client} />
                        <Section title="Requests to you" show={incoming().length > 0}>
                            <For each={incoming()}>
                                {(request) => <Incoming client={props.client} request={request} />}
                            </For>
                        </Section>
                        <Section title="Your requests" show={outgoing().length > 0}>
                            <For each={outgoing()}>
                                {(request) => <Outgoing client={props.client} request={request} />}
                            </For>
                        </Section>
                        <Section title={`Friends (${list().length})`} show={list().length > 0}>
                            <For each={list()}>{(friend) => <FriendLine client={props.client} friend={friend} />}</For>
                        </Section>
                        <Show when={list().length + incoming().length + outgoing().length === 0}>
                            <Empty
                                icon="users"
                                title="No friends here yet"
                                text="Open somebody's card in a server and send a request, or add them by id."
                            />
                        </Show>
                    </Show>
                </div>
            </main>
        </div>
    );
}

function Missing(props: { readonly client: Client }): JSX.Element {
    return (
        <Show when={props.client.upkeep.friends().kind === "failed"} fallback={<Loading what="friends" />}>
            <Empty
                icon="users"
                title="No friends on this server"
                text="This server does not offer friends, or cannot say who yours are."
            />
        </Show>
    );
}

function Section(props: {
    readonly title: string;
    readonly show: boolean;
    readonly children: JSX.Element;
}): JSX.Element {
    return (
        <Show when={props.show}>
            <section>
                <h2>{props.title}</h2>
                <ul class="person-list">{props.children}</ul>
            </section>
        </Show>
    );
}

function Line(props: {
    readonly client: Client;
    readonly user: string;
    readonly name: string;
    readonly children: JSX.Element;
}): JSX.Element {
    return (
        <li class="person-line">
            <button
                type="button"
                class="person-open"
                onClick={() => props.client.show({ kind: "person", user_id: props.user })}
            >
                <Avatar client={props.client} user={props.user} />
                <span>{props.name}</span>
            </button>
            <span class="person-actions">{props.children}</span>
        </li>
    );
}

function Incoming(props: { readonly client: Client; readonly request: FriendRequest }): JSX.Element {
    const { client } = props;
    return (
        <Line client={client} user={props.request.sender_user_id} name={props.request.sender_username}>
            <button
                type="button"
                class="button primary"
                aria-label={`Accept ${props.request.sender_username}`}
                onClick={() => void client.attempt(() => friends.accept(client.http, props.request.request_id))}
            >
                Accept
            </button>
            <button
                type="button"
                class="button"
                aria-label={`Decline ${props.request.sender_username}`}
                onClick={() => void client.attempt(() => friends.decline(client.http, props.request.request_id))}
            >
                Decline
            </button>
        </Line>
    );
}

function Outgoing(props: { readonly client: Client; readonly request: FriendRequest }): JSX.Element {
    const { client } = props;
    return (
        <Line client={client} user={props.request.recipient_user_id} name={props.request.recipient_username}>
            <button
                type="button"
                class="button"
                aria-label={`Take back the request to ${props.request.recipient_username}`}
                onClick={() => void client.attempt(() => friends.decline(client.http, props.request.request_id))}
            >
                Take back
            </button>
        </Line>
    );
}

function FriendLine(props: { readonly client: Client; readonly friend: Friend }): JSX.Element {
    const { client } = props;
    return (
        <Line client={client} user={props.friend.user_id} name={props.friend.username}>
            <button
                type="button"
                class="button"
                aria-label={`Remove ${props.friend.username}`}
                onClick={() => void client.attempt(() => friends.remove(client.http, props.friend.user_id))}
            >
                Remove
            </button>
        </Line>
    );
}

function AddFriend(props: { readonly client: Client }): JSX.Element {
    const [id, setId] = createSignal("");
    const saver = createSaver();
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const user = id().trim().toUpperCase();
        const sent = await saver.save(() => friends.request(props.client.http, user));
        if (sent) setId("");
    };
    return (
        <form class="inline-form" onSubmit={submit}>
            <label class="field">
                <span>Add a friend by id</span>
                <input
                    value={id()}
                    onInput={(event) => setId(event.currentTarget.value)}
                    placeholder="01J…"
                    spellcheck={false}
                    autocomplete="off"
                    maxlength={26}
                />
            </label>
            <button type="submit" class="button primary" disabled={!ULID.test(id().trim().toUpperCase())}>
                Send request
            </button>
            <SaveStatus saver={saver} />
            <p class="muted small">
                Your own id is <code>{props.client.state().me}</code>.
            </p>
        </form>
    );
}
