/**
 * One message: who, when, what, and what can be done with it.
 */

import type { Message } from "@filament/protocol/record/message";
import { createSignal, For, type JSX, Show } from "solid-js";
import { attachments } from "../../api/attachments.js";
import { messages } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { holdsIn } from "../../client/permission.js";
import { Avatar } from "../../part/avatar.js";
import { Confirm } from "../../part/dialog.js";
import { Icon } from "../../part/icon.js";
import { clock, day, full, iso } from "../../part/time.js";
import { AttachmentView } from "./attachment_view.js";
import { EmojiPanel } from "./emoji.js";
import { Markdown } from "./markdown.js";
import { MessageEditor } from "./message_editor.js";
import { Reactions, react } from "./reactions.js";
import type { Setting } from "./setting.js";

/** A message. */
export function MessageView(props: {
    readonly client: Client;
    readonly message: Message;
    readonly setting: Setting;
    /** Whether the tools are shown. */
    readonly active: boolean;
    readonly focusable: boolean;
    readonly editing: boolean;
    readonly flashing: boolean;
    readonly onEdit: (editing: boolean) => void;
}): JSX.Element {
    const [isChoosing, setChoosing] = createSignal(false);
    const [isDeleting, setDeleting] = createSignal(false);
    const author = () => props.client.name(props.message.author_id);
    const isOwn = () => props.message.author_id === props.client.state().me;
    const mayChange = () => isOwn() || holdsIn(channel(), "delete_message");
    const channel = () =>
        props.client
            .state()
            .channels[props.message.guild_id]?.list.find(({ channel_id }) => channel_id === props.message.channel_id);
    const remove = () =>
        void props.client.attempt(() => messages.remove(props.client.http, props.message, props.message.message_id));
    const keys = (event: KeyboardEvent) => {
        if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
        const acts: Readonly<Record<string, () => void>> = {
            r: () => setChoosing(true),
            "+": () => setChoosing(true),
            ...(mayChange() && { e: () => props.onEdit(true), Delete: () => setDeleting(true) }),
        };
        const act = acts[event.key];
        if (act === undefined) return;
        event.preventDefault();
        act();
    };
    return (
        <>
            <Show when={props.setting.day}>
                <div class="divider">
                    <span>{day(props.message.created_at_unix)}</span>
                </div>
            </Show>
            <Show when={props.setting.unread}>
                <div class="divider new">
                    <span>New</span>
                </div>
            </Show>
            <article
                class="message"
                classList={{ lead: props.setting.lead, flash: props.flashing, active: props.active || isChoosing() }}
                data-message={props.message.message_id}
                tabindex={props.focusable ? 0 : -1}
                aria-label={`${author()}, ${clock(props.message.created_at_unix)}`}
                onKeyDown={keys}
            >
                <div class="gutter">
                    <Show
                        when={props.setting.lead}
                        fallback={<time class="gutter-time" datetime={iso(props.message.created_at_unix)}>{clock(props.message.created_at_unix)}</time>}
                    >
                        <Avatar client={props.client} user={props.message.author_id} size={40} />
                    </Show>
                </div>
                <div class="message-body">
                    <Show when={props.setting.lead}>
                        <header class="message-head">
                            <button
                                type="button"
                                class="author"
                                onClick={() =>
                                    props.client.show({ kind: "person", user_id: props.message.author_id, guild_id: props.message.guild_id })
                                }
                            >
                                {author()}
                            </button>
                            <time datetime={iso(props.message.created_at_unix)} title={full(props.message.created_at_unix)}>
                                {clock(props.message.created_at_unix)}
                            </time>
                        </header>
                    </Show>
                    <Show
                        when={!props.editing}
                        fallback={<MessageEditor client={props.client} message={props.message} onClose={() => props.onEdit(false)} />}
                    >
                        <Content message={props.message} />
                    </Show>
                    <For each={props.message.attachments}>
                        {(attachment) => (
                            <AttachmentView
                                client={props.client}
                                attachment={attachment}
                                onRemove={
                                    mayChange()
                                        ? () => void props.client.attempt(() => attachments.remove(props.client.http, props.message, attachment.attachment_id))
                                        : undefined
                                }
                            />
                        )}
                    </For>
                    <Reactions client={props.client} message={props.message} />
                </div>
                <Show when={(props.active || isChoosing()) && !props.editing}>
                    <div class="tools" role="toolbar" aria-label="Message">
                        <button type="button" class="bare" aria-label="Add reaction" title="Add reaction (R)" onClick={() => setChoosing(!isChoosing())}>
                            <Icon name="react" size={18} />
                        </button>
                        <Show when={mayChange()}>
                            <button type="button" class="bare" aria-label="Edit message" title="Edit (E)" onClick={() => props.onEdit(true)}>
                                <Icon name="edit" size={18} />
                            </button>
                            <button type="button" class="bare" aria-label="Delete message" title="Delete (Del)" onClick={() => setDeleting(true)}>
                                <Icon name="trash" size={18} />
                            </button>
                        </Show>
                        <Show when={isChoosing()}>
                            <EmojiPanel
                                onClose={() => setChoosing(false)}
                                onPick={(emoji) => {
                                    setChoosing(false);
                                    react(props.client, props.message, emoji, true);
                                }}
                            />
                        </Show>
                    </div>
                </Show>
            </article>
            <Show when={isDeleting()}>
                <Confirm
                    title="Delete this message?"
                    text="It goes for everybody, with its files and reactions. This cannot be taken back."
                    action="Delete"
                    onConfirm={remove}
                    onClose={() => setDeleting(false)}
                />
            </Show>
        </>
    );
}

function Content(props: { readonly message: Message }): JSX.Element {
    return (
        <div class="message-content">
            <Show when={props.message.content !== ""}>
                <Markdown tokens={props.message.markdown_tokens} content={props.message.content} />
            </Show>
            <Show when={props.message.edited_at_unix}>
                {(at) => (
                    <small class="edited" title={full(at())}>
                        edited
                    </small>
                )}
            </Show>
        </div>
    );
}
