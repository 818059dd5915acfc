/**
 * One message: who, when, what, and what can be done with it.
 */

import type { Message } from "@filament/protocol/record/message";
import { createSignal, type JSX, Show } from "solid-js";
import { messages } from "../../api/channels.js";
import type { Client } from "../../client/client.js";
import { holdsIn } from "../../client/permission.js";
import { Avatar } from "../../part/avatar.js";
import { Confirm } from "../../part/dialog.js";
import { clock, day, full, iso } from "../../part/time.js";
import { AttachmentList } from "./attachment_view.js";
import { Markdown } from "./markdown.js";
import { MessageEditor } from "./message_editor.js";
import { MessageTools } from "./message_tools.js";
import { Reactions } from "./reactions.js";
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
            <Dividers setting={props.setting} at={props.message.created_at_unix} />
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
                        fallback={
                            <time class="gutter-time" datetime={iso(props.message.created_at_unix)}>
                                {clock(props.message.created_at_unix)}
                            </time>
                        }
                    >
                        <Avatar client={props.client} user={props.message.author_id} size={40} />
                    </Show>
                </div>
                <div class="message-body">
                    <Show when={props.setting.lead}>
                        <MessageHead client={props.client} message={props.message} />
                    </Show>
                    <Show
                        when={!props.editing}
                        fallback={
                            <MessageEditor
                                client={props.client}
                                message={props.message}
                                onClose={() => props.onEdit(false)}
                            />
                        }
                    >
                        <Content message={props.message} />
                    </Show>
                    <AttachmentList client={props.client} message={props.message} mayChange={mayChange()} />
                    <Reactions client={props.client} message={props.message} />
                </div>
                <Show when={(props.active || isChoosing()) && !props.editing}>
                    <MessageTools
                        client={props.client}
                        message={props.message}
                        mayChange={mayChange()}
                        isChoosing={isChoosing()}
                        onChoose={setChoosing}
                        onEdit={() => props.onEdit(true)}
                        onDelete={() => setDeleting(true)}
                    />
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

/** What stands above a message: a new day, the first unread one. */
function Dividers(props: { readonly setting: Setting; readonly at: number }): JSX.Element {
    return (
        <>
            <Show when={props.setting.day}>
                <div class="divider">
                    <span>{day(props.at)}</span>
                </div>
            </Show>
            <Show when={props.setting.unread}>
                <div class="divider new">
                    <span>New</span>
                </div>
            </Show>
        </>
    );
}

/** Who wrote it, and when. */
function MessageHead(props: { readonly client: Client; readonly message: Message }): JSX.Element {
    const open = () => {
        const { author_id, guild_id } = props.message;
        props.client.show({ kind: "person", user_id: author_id, guild_id });
    };
    const at = () => props.message.created_at_unix;
    return (
        <header class="message-head">
            <button type="button" class="author" onClick={open}>
                {props.client.name(props.message.author_id)}
            </button>
            <time datetime={iso(at())} title={full(at())}>
                {clock(at())}
            </time>
        </header>
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
