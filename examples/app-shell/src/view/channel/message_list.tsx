/**
 * The messages of a channel: those near the screen, history as one nears its beginning, and the keys to walk through them.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { Message } from "@filament/protocol/record/message";
import {
    type Accessor,
    createEffect,
    createMemo,
    createSignal,
    For,
    type JSX,
    on,
    onCleanup,
    onMount,
    Show,
    untrack,
} from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { Announcer } from "./announcer.js";
import { MessageTop } from "./message_top.js";
import { MessageView } from "./message_view.js";
import { PendingList } from "./pending_list.js";
import { settingOf } from "./setting.js";
import { createHistory, type History } from "./history.js";
import { createScroller, type Scroller } from "./scroller.js";
import { createWalk } from "./walk.js";
import { indexOf } from "./window.js";

/** How long a message that was jumped to is marked, in milliseconds. */
const FLASH_MS = 2_500;

/** The list. `editing` is the message under its editor. */
export function MessageList(props: {
    readonly client: Client;
    readonly channel: ChannelKey;
    readonly editing: Accessor<string | undefined>;
    readonly setEditing: (id: string | undefined) => void;
}): JSX.Element {
    const { client } = props;
    const known = createMemo(() => client.state().messages[props.channel.channel_id]);
    const list = createMemo<readonly Message[]>(() => known()?.list ?? []);
    const ids = createMemo<readonly string[]>(() => list().map(({ message_id }) => message_id), [], { equals: isSame });
    const firstUnread = createFirstUnread(client, props.channel, list);
    const scroller = createScroller(ids);
    const history = createHistory(client, props.channel, ids, scroller.top);
    const walk = createWalk(ids, scroller);
    const [active, setActive] = createSignal<string>();
    const flashing = createJump(client, props.channel, history, scroller);
    // What is at the end and on the screen is read.
    createEffect(() => {
        const newest = ids().at(-1);
        if (newest !== undefined && scroller.isAtEnd() && isLooking())
            client.reading.read(props.channel.channel_id, newest);
    });
    return (
        <div class="messages-frame">
            <div
                ref={scroller.attach}
                class="messages"
                role="group"
                aria-label="Messages"
                tabindex={0}
                onScroll={scroller.onScroll}
                onKeyDown={walk.onKeyDown}
                onPointerOver={(event) => setActive(messageOf(event.target))}
                onPointerLeave={() => setActive(undefined)}
                onFocusIn={(event) => {
                    const id = messageOf(event.target);
                    setActive(id);
                    if (id !== undefined) walk.at(id);
                }}
            >
                <div class="messages-top" ref={scroller.attachTop}>
                    <MessageTop
                        older={history.older()}
                        complete={known()?.complete === true}
                        onRetry={() => void history.load()}
                        client={client}
                        channel={props.channel}
                    />
                </div>
                <div style={{ height: `${scroller.before()}px` }} />
                <For each={scroller.drawn()}>
                    {(id) => (
                        <Row scroller={scroller} id={id}>
                            <Drawn
                                client={client}
                                list={list}
                                ids={ids}
                                id={id}
                                isUnread={firstUnread() === id}
                                active={active() === id}
                                focusable={walk.stop() === id}
                                editing={props.editing() === id}
                                flashing={flashing() === id}
                                onEdit={(editing) => {
                                    props.setEditing(editing ? id : undefined);
                                    if (!editing) scroller.row(id)?.querySelector<HTMLElement>("article")?.focus();
                                }}
                            />
                        </Row>
                    )}
                </For>
                <div style={{ height: `${scroller.after()}px` }} />
                <PendingList client={client} channel={props.channel} onChange={scroller.settle} />
            </div>
            <Show when={!scroller.isAtEnd()}>
                <button type="button" class="to-end" onClick={scroller.toEnd}>
                    <Icon name="down" size={18} />{" "}
                    {client.isUnread(props.channel.channel_id) ? "New messages" : "To the newest"}
                </button>
            </Show>
            <Announcer client={client} list={list} />
        </div>
    );
}

/** Goes to the message that is to be shown in its place, and marks it for a while; gives the one that is marked. */
function createJump(
    client: Client,
    channel: ChannelKey,
    history: History,
    scroller: Scroller,
): Accessor<string | undefined> {
    const [flashing, setFlashing] = createSignal<string>();
    createEffect(
        on(client.jump, async (jump) => {
            if (jump === undefined || jump.channel_id !== channel.channel_id) return;
            client.setJump(undefined);
            if (!(await history.reach(jump.message_id))) {
                client.notices.say("This message is too far back to scroll to, or it is gone.");
                return;
            }
            setFlashing(jump.message_id);
            scroller.show(jump.message_id);
            setTimeout(() => setFlashing(undefined), FLASH_MS);
        }),
    );
    return flashing;
}

/** A row that tells its height. */
function Row(props: { readonly scroller: Scroller; readonly id: string; readonly children: JSX.Element }): JSX.Element {
    let element!: HTMLDivElement;
    onMount(() => props.scroller.observe(element));
    onCleanup(() => props.scroller.unobserve(element));
    return (
        <div ref={element} class="row" data-row={props.id}>
            {props.children}
        </div>
    );
}

function Drawn(props: {
    readonly client: Client;
    readonly list: Accessor<readonly Message[]>;
    readonly ids: Accessor<readonly string[]>;
    readonly id: string;
    readonly isUnread: boolean;
    readonly active: boolean;
    readonly focusable: boolean;
    readonly editing: boolean;
    readonly flashing: boolean;
    readonly onEdit: (editing: boolean) => void;
}): JSX.Element {
    const index = createMemo(() => indexOf(props.ids(), props.id));
    const message = createMemo(() => props.list()[index()]);
    const setting = createMemo(
        () => settingOf(props.list(), index(), props.isUnread),
        { day: false, lead: false, unread: false },
        { equals: (one, other) => one.day === other.day && one.lead === other.lead && one.unread === other.unread },
    );
    return (
        <Show when={message()}>
            {(shown) => (
                <MessageView
                    client={props.client}
                    message={shown()}
                    setting={setting()}
                    active={props.active}
                    focusable={props.focusable}
                    editing={props.editing}
                    flashing={props.flashing}
                    onEdit={props.onEdit}
                />
            )}
        </Show>
    );
}

/** The first message that was unread when the channel was opened. */
function createFirstUnread(
    client: Client,
    channel: ChannelKey,
    list: Accessor<readonly Message[]>,
): Accessor<string | undefined> {
    const mark = untrack(client.reading.marks)[channel.channel_id];
    // Decided once: reading must not take the line away from under one's eyes.
    return createMemo((before: string | undefined) => {
        if (before !== undefined || mark === undefined) return before;
        const { me } = untrack(client.state);
        return list().find(({ message_id, author_id }) => message_id > mark && author_id !== me)?.message_id;
    });
}

const [isLooking, setLooking] = createSignal(document.visibilityState === "visible");
document.addEventListener("visibilitychange", () => setLooking(document.visibilityState === "visible"));

function messageOf(target: EventTarget | null): string | undefined {
    return (target as Element | null)?.closest<HTMLElement>("[data-message]")?.dataset.message;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
    return one.length === other.length && one.every((id, index) => id === other[index]);
}
