/**
 * The messages of a channel: only those near the screen are drawn, and what one reads keeps its place whatever comes,
 * goes or grows above it.
 */

import type { ChannelKey } from "@filament/protocol/gateway";
import type { Message } from "@filament/protocol/record/message";
import { type Accessor, batch, createEffect, createMemo, createSignal, For, type JSX, on, onCleanup, onMount, Show, untrack } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { MessageView } from "./message_view.js";
import { PendingList } from "./pending_list.js";
import { settingOf } from "./setting.js";
import { type Anchor, anchorAt, indexOf, type Offsets, offsetsOf, type Range, rangeOf, topFor } from "./window.js";

/** Drawn above and below the screen, so that a row is measured before it is seen. */
const MARGIN = 700;
/** Older messages are asked for when the upper edge is this near. */
const LOAD_AHEAD = 1_200;
/** Messages of one page of history. */
const PAGE = 100;
/** Pages loaded to reach a message that was asked for. */
const JUMP_PAGES_MAX = 30;
/** This near counts as the end. */
const END_SLACK = 24;
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
    const [older, setOlder] = createSignal<"idle" | "loading" | "failed">("idle");
    const [active, setActive] = createSignal<string>();
    const [focused, setFocused] = createSignal<string>();
    const [flashing, setFlashing] = createSignal<string>();

    const loadOlder = async (): Promise<boolean> => {
        const before = ids()[0];
        if (before === undefined || known()?.complete || older() === "loading") return false;
        setOlder("loading");
        try {
            await client.loads.messages(props.channel, before, PAGE);
            setOlder("idle");
            return true;
        } catch {
            setOlder("failed");
            return false;
        }
    };
    createEffect(() => {
        // Looked at again after each page: a page may be shorter than the screen.
        if (ids().length > 0 && scroller.top() < LOAD_AHEAD && untrack(older) === "idle") void untrack(loadOlder);
    });
    createEffect(on(client.jump, async (jump) => {
        if (jump === undefined || jump.channel_id !== props.channel.channel_id) return;
        client.setJump(undefined);
        for (let page = 0; page < JUMP_PAGES_MAX && (ids()[0] ?? "") > jump.message_id; page += 1) {
            if (!(await loadOlder())) break;
        }
        if (indexOf(ids(), jump.message_id) < 0) {
            client.notices.say("This message is too far back to scroll to, or it is gone.");
            return;
        }
        setFlashing(jump.message_id);
        scroller.show(jump.message_id);
        setTimeout(() => setFlashing(undefined), FLASH_MS);
    }));
    // What is at the end and on the screen is read.
    createEffect(() => {
        const newest = ids().at(-1);
        if (newest !== undefined && scroller.isAtEnd() && isLooking()) client.reading.read(props.channel.channel_id, newest);
    });
    const focusBy = (step: number) => {
        const from = focused() ?? ids().at(-1);
        const index = from === undefined ? -1 : indexOf(ids(), from);
        const next = ids()[Math.min(Math.max((index < 0 ? ids().length : index) + step, 0), ids().length - 1)];
        if (next === undefined) return;
        setFocused(next);
        scroller.reveal(next);
        queueMicrotask(() => scroller.row(next)?.querySelector<HTMLElement>("article")?.focus({ preventScroll: true }));
    };
    const keys = (event: KeyboardEvent) => {
        const steps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };
        const step = steps[event.key];
        const target = event.target as HTMLElement;
        if (step === undefined || event.altKey || (target !== event.currentTarget && target.tagName !== "ARTICLE")) return;
        event.preventDefault();
        focusBy(step);
    };
    const tabStop = () => focused() ?? ids().at(-1);
    return (
        <div class="messages-frame">
            <div
                ref={scroller.attach}
                class="messages"
                role="group"
                aria-label="Messages"
                tabindex={0}
                onScroll={scroller.onScroll}
                onKeyDown={keys}
                onPointerOver={(event) => setActive(messageOf(event.target))}
                onPointerLeave={() => setActive(undefined)}
                onFocusIn={(event) => {
                    const id = messageOf(event.target);
                    setActive(id);
                    if (id !== undefined) setFocused(id);
                }}
            >
                <div class="messages-top" ref={scroller.attachTop}>
                    <Top older={older()} complete={known()?.complete === true} onRetry={() => void loadOlder()} client={client} channel={props.channel} />
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
                                focusable={tabStop() === id}
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
                    <Icon name="down" size={18} /> {client.isUnread(props.channel.channel_id) ? "New messages" : "To the newest"}
                </button>
            </Show>
            <Announcer client={client} list={list} />
        </div>
    );
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

function Top(props: {
    readonly client: Client;
    readonly channel: ChannelKey;
    readonly older: "idle" | "loading" | "failed";
    readonly complete: boolean;
    readonly onRetry: () => void;
}): JSX.Element {
    const name = () => {
        const channels = props.client.state().channels[props.channel.guild_id]?.list;
        return channels?.find(({ channel_id }) => channel_id === props.channel.channel_id)?.name ?? "";
    };
    return (
        <Show
            when={props.complete}
            fallback={
                <Show when={props.older === "failed"} fallback={<p class="muted older">Loading older messages…</p>}>
                    <p class="older">
                        Older messages could not be loaded.{" "}
                        <button type="button" class="link" onClick={() => props.onRetry()}>
                            Try again
                        </button>
                    </p>
                </Show>
            }
        >
            <div class="beginning">
                <span class="beginning-icon">
                    <Icon name="hash" size={28} />
                </span>
                <h2>Welcome to #{name()}</h2>
                <p class="muted">This is where it begins.</p>
            </div>
        </Show>
    );
}

/** Reads new messages of others out. */
function Announcer(props: { readonly client: Client; readonly list: Accessor<readonly Message[]> }): JSX.Element {
    const [words, setWords] = createSignal("");
    let last = "";
    createEffect(() => {
        const newest = props.list().at(-1);
        if (newest === undefined || newest.message_id <= last) return;
        const isFirst = last === "";
        last = newest.message_id;
        if (!isFirst && newest.author_id !== props.client.state().me) setWords(`${untrack(() => props.client.name(newest.author_id))}: ${newest.content}`);
    });
    return (
        <p class="visually-hidden" aria-live="polite">
            {words()}
        </p>
    );
}

/** The first message that was unread when the channel was opened. */
function createFirstUnread(client: Client, channel: ChannelKey, list: Accessor<readonly Message[]>): Accessor<string | undefined> {
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

/** What scrolls. */
interface Scroller {
    readonly top: Accessor<number>;
    readonly isAtEnd: Accessor<boolean>;
    readonly before: Accessor<number>;
    readonly after: Accessor<number>;
    readonly drawn: Accessor<readonly string[]>;
    readonly attach: (element: HTMLDivElement) => void;
    readonly attachTop: (element: HTMLDivElement) => void;
    readonly onScroll: () => void;
    readonly observe: (row: HTMLElement) => void;
    readonly unobserve: (row: HTMLElement) => void;
    readonly row: (id: string) => HTMLElement | null;
    readonly settle: () => void;
    readonly toEnd: () => void;
    readonly reveal: (id: string) => void;
    readonly show: (id: string) => void;
}

function createScroller(ids: Accessor<readonly string[]>): Scroller {
    const heights = new Map<string, number>();
    const [measured, setMeasured] = createSignal(0);
    const [top, setTop] = createSignal(0);
    const [viewport, setViewport] = createSignal(800);
    const [isAtEnd, setAtEnd] = createSignal(true);
    let [element, topElement]: (HTMLDivElement | undefined)[] = [];
    let anchor: Anchor | undefined;

    const headHeight = () => topElement?.offsetHeight ?? 0;
    const offsets = createMemo(() => {
        measured();
        return offsetsOf(ids(), heights, mean(heights));
    });
    const range = createMemo<Range>(
        () => {
            const above = top() - headHeight();
            return rangeOf(offsets(), above, above + viewport(), MARGIN);
        },
        { from: 0, to: 0 },
        { equals: (one, other) => one.from === other.from && one.to === other.to },
    );
    const scrollTo = (to: number) => {
        if (element === undefined) return;
        element.scrollTop = to;
        setTop(element.scrollTop);
    };
    /** Where everything was when it was last put into its place. */
    let last: { readonly ids: readonly string[]; readonly offsets: Offsets; readonly head: number; readonly height: number } | undefined;
    /** Takes over where the user scrolled to, of which the browser tells only at the next frame. */
    const notice = (scroller: HTMLDivElement) => {
        if (last === undefined || scroller.scrollTop === untrack(top)) return;
        setTop(scroller.scrollTop);
        setAtEnd(last.height - scroller.clientHeight - scroller.scrollTop < END_SLACK);
        anchor = anchorAt(last.ids, last.offsets, scroller.scrollTop - last.head);
    };
    /** Puts what one reads back into its place. */
    const settle = () => {
        if (element !== undefined) untrack(() => settleIn(element as HTMLDivElement));
    };
    const settleIn = (element: HTMLDivElement) => {
        notice(element);
        if (isAtEnd()) {
            scrollTo(element.scrollHeight);
        } else if (anchor !== undefined) {
            const to = topFor(anchor, ids(), offsets());
            if (to !== undefined) scrollTo(to + headHeight());
        }
        last = { ids: ids(), offsets: offsets(), head: headHeight(), height: element.scrollHeight };
    };
    createEffect(on(offsets, settle));
    const onScroll = () => {
        if (element === undefined) return;
        const { scrollTop, scrollHeight, clientHeight } = element;
        anchor = anchorAt(ids(), offsets(), scrollTop - headHeight());
        batch(() => {
            setTop(scrollTop);
            setAtEnd(scrollHeight - clientHeight - scrollTop < END_SLACK);
        });
    };
    const resized = (entries: readonly ResizeObserverEntry[]) => {
        let changed = false;
        for (const { target, borderBoxSize } of entries) {
            const row = target as HTMLElement;
            if (row === element) {
                setViewport(row.clientHeight);
                settle();
                continue;
            }
            // With its fractions: what is rounded adds up over many rows.
            const [id, height] = [row.dataset.row, borderBoxSize[0]?.blockSize ?? 0];
            // A row on its way out measures nothing.
            if (id === undefined || height === 0 || heights.get(id) === height) continue;
            heights.set(id, height);
            changed = true;
        }
        if (changed) setMeasured((count) => count + 1);
    };
    const observer = new ResizeObserver(resized);
    onCleanup(() => observer.disconnect());
    const place = (id: string, above: number) => {
        const row = indexOf(ids(), id);
        if (row < 0) return;
        setAtEnd(false);
        anchor = { id, delta: -above };
        settle();
    };
    return {
        top,
        isAtEnd,
        before: () => offsets()[range().from] ?? 0,
        after: () => (offsets().at(-1) ?? 0) - (offsets()[range().to] ?? 0),
        drawn: createMemo(() => ids().slice(range().from, range().to)),
        attach: (div) => {
            element = div;
            observer.observe(div);
        },
        attachTop: (div) => {
            topElement = div;
        },
        onScroll,
        observe: (row) => observer.observe(row),
        unobserve: (row) => observer.unobserve(row),
        row: (id) => element?.querySelector(`[data-row="${id}"]`) ?? null,
        settle,
        toEnd: () => {
            setAtEnd(true);
            settle();
        },
        reveal: (id) => {
            const row = indexOf(ids(), id);
            const from = (offsets()[row] ?? 0) + headHeight();
            const to = (offsets()[row + 1] ?? 0) + headHeight();
            if (from < top()) place(id, 8);
            else if (to > top() + viewport()) place(id, viewport() - (to - from) - 8);
        },
        show: (id) => place(id, viewport() / 3),
    };
}

function mean(heights: ReadonlyMap<string, number>): number | undefined {
    if (heights.size === 0) return undefined;
    let sum = 0;
    for (const height of heights.values()) sum += height;
    return sum / heights.size;
}
