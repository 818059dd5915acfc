/**
 * What the connection has been doing, in numbers.
 */

import { createSignal, For, type JSX, onCleanup, Show } from "solid-js";
import type { Client } from "../../client/client.js";
import { total } from "../../client/diagnostics.js";
import { Dialog } from "../../part/dialog.js";
import { connectionWord } from "../connection.js";

/** How often the numbers are read, in milliseconds. */
const REFRESH_MS = 500;

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** The panel. */
export function Diagnostics(props: { readonly client: Client; readonly onClose: () => void }): JSX.Element {
    const { client } = props;
    const [tick, setTick] = createSignal(0);
    const timer = setInterval(() => setTick((count) => count + 1), REFRESH_MS);
    onCleanup(() => clearInterval(timer));
    const read =
        <T,>(value: () => T): (() => T) =>
        () => {
            tick();
            return value();
        };
    const { diagnostics, gateway } = client;
    const rows: readonly (readonly [string, string, () => string | number])[] = [
        ["status", "Connection", () => connectionWord(client)],
        ["connections", "Connections so far", read(() => gateway.counters.connections)],
        ["events", "Events applied", read(() => gateway.counters.events)],
        ["unknown", "Unknown events, passed over", read(() => gateway.counters.unknown)],
        ["malformed", "Malformed messages, refused", read(() => gateway.counters.malformed)],
        ["answers", "Malformed answers, refused", read(() => client.http.malformed)],
        ["errors", "Errors of this page's handlers", read(() => diagnostics.handlerErrors)],
    ];
    return (
        <Dialog title="Diagnostics" class="diagnostics" onClose={props.onClose}>
            <dl class="figures">
                <For each={rows}>
                    {([key, label, value]) => (
                        <div>
                            <dt>{label}</dt>
                            <dd data-figure={key}>{value()}</dd>
                        </div>
                    )}
                </For>
            </dl>
            <Counts title="Events by name" counts={read(() => [...diagnostics.events])} />
            <Counts title="Unknown events" counts={read(() => [...diagnostics.unknown])} />
            <Counts title="Why messages were refused" counts={read(() => [...diagnostics.faults])} />
            <section>
                <h3>Log</h3>
                <ol class="log">
                    <For each={read(() => [...diagnostics.log].reverse())()}>
                        {(line) => (
                            <li>
                                <time>{TIME.format(line.at_ms)}</time> {line.text}
                            </li>
                        )}
                    </For>
                </ol>
            </section>
            <p>
                <button type="button" class="button" onClick={() => client.reconnect()}>
                    Connect anew
                </button>
            </p>
        </Dialog>
    );
}

function Counts(props: {
    readonly title: string;
    readonly counts: () => readonly (readonly [string, number])[];
}): JSX.Element {
    return (
        <Show when={props.counts().length > 0}>
            <section>
                <h3>
                    {props.title} <span class="muted">{total(new Map(props.counts()))}</span>
                </h3>
                <table class="counts">
                    <thead class="visually-hidden">
                        <tr>
                            <th scope="col">Name</th>
                            <th scope="col">Count</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each={[...props.counts()].sort(([, one], [, other]) => other - one)}>
                            {([name, count]) => (
                                <tr data-event={name}>
                                    <th scope="row">{name}</th>
                                    <td>{count}</td>
                                </tr>
                            )}
                        </For>
                    </tbody>
                </table>
            </section>
        </Show>
    );
}
