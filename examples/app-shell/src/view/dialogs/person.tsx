/**
 * Somebody's card: profile, friendship, and in a guild their roles and what a moderator can do.
 */

import { createSignal, type JSX, Show } from "solid-js";
import { friends, imageAddress } from "../../api/people.js";
import { isMissingFeature } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import { Avatar, hue } from "../../part/avatar.js";
import { onChange } from "../../part/change.js";
import { Dialog } from "../../part/dialog.js";
import { Markdown } from "../channel/markdown.js";
import { MemberActions } from "../members/member_actions.js";

/** The card. */
export function Person(props: {
    readonly client: Client;
    readonly user: string;
    readonly guild: string | undefined;
    readonly onClose: () => void;
}): JSX.Element {
    const { client } = props;
    const profile = () => client.state().profiles[props.user];
    const isMe = () => client.state().me === props.user;
    const [isMissing, setMissing] = createSignal(false);
    onChange(
        () => props.user,
        (user) => void client.loads.profile(user).catch((error: unknown) => setMissing(isMissingFeature(error))),
    );
    const banner = () => {
        const version = profile()?.banner_version ?? 0;
        return version > 0 ? imageAddress("banner", props.user, version) : undefined;
    };
    const isOnline = () => {
        const { presence } = client.state();
        const known = props.guild === undefined ? Object.values(presence) : [presence[props.guild]];
        return known.some((guild) => guild !== undefined && Object.hasOwn(guild.online, props.user));
    };
    return (
        <Dialog title={client.name(props.user)} class="person" onClose={props.onClose}>
            <div class="person-banner" style={{ "--hue": hue(props.user) }}>
                <Show when={banner()}>{(src) => <img src={src()} alt="" />}</Show>
            </div>
            <div class="person-head">
                <Avatar client={client} user={props.user} size={84} online={isOnline()} />
                <span class="muted">{isOnline() ? "Online" : "Offline"}</span>
                <Show when={!isMe()} fallback={<EditOwn client={client} />}>
                    <Friendship client={client} user={props.user} />
                </Show>
            </div>
            <Show when={profile()?.about_markdown}>
                {(about) => (
                    <section>
                        <h3>About</h3>
                        <Markdown tokens={profile()?.about_markdown_tokens ?? []} content={about()} />
                    </section>
                )}
            </Show>
            <Show when={isMissing()}>
                <p class="muted">This server does not show profiles.</p>
            </Show>
            <Show when={props.guild} keyed>
                {(guild) => <MemberActions client={client} guild={guild} user={props.user} />}
            </Show>
            <p class="muted small">
                Id <code>{props.user}</code>
            </p>
        </Dialog>
    );
}

function EditOwn(props: { readonly client: Client }): JSX.Element {
    return (
        <button
            type="button"
            class="button"
            onClick={() => props.client.show({ kind: "client_settings", section: "profile" })}
        >
            Edit profile
        </button>
    );
}

function Friendship(props: { readonly client: Client; readonly user: string }): JSX.Element {
    const { client } = props;
    const known = () => client.state().friends;
    const isFriend = () => known().friends?.[props.user] !== undefined;
    const incoming = () =>
        Object.values(known().incoming ?? {}).find(({ sender_user_id }) => sender_user_id === props.user);
    const isAsked = () =>
        Object.values(known().outgoing ?? {}).some(({ recipient_user_id }) => recipient_user_id === props.user);
    return (
        <Show when={known().friends}>
            <Show when={!isFriend()} fallback={<span class="chip">Friend</span>}>
                <Show when={!isAsked()} fallback={<span class="chip">Request sent</span>}>
                    <Show
                        when={incoming()}
                        fallback={
                            <button
                                type="button"
                                class="button primary"
                                onClick={() => void client.attempt(() => friends.request(client.http, props.user))}
                            >
                                Add friend
                            </button>
                        }
                    >
                        {(request) => (
                            <button
                                type="button"
                                class="button primary"
                                onClick={() =>
                                    void client.attempt(() => friends.accept(client.http, request().request_id))
                                }
                            >
                                Accept request
                            </button>
                        )}
                    </Show>
                </Show>
            </Show>
        </Show>
    );
}
