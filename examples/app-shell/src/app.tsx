/**
 * Who is signed in decides what there is: the entry, or the application.
 */

import { createSignal, type JSX, onCleanup, Show } from "solid-js";
import { authRoutes } from "./api/auth.js";
import { browserWorld } from "./session/browser.js";
import { Session } from "./session/session.js";
import { TOKENS_KEY } from "./session/tokens.js";
import { Entry } from "./view/entry/entry.js";
import { Frame } from "./view/frame.js";

/** The whole page. */
export function App(): JSX.Element {
    const session = new Session(authRoutes, browserWorld);
    const [isSignedIn, setSignedIn] = createSignal(session.isSignedIn);
    session.onChange(() => setSignedIn(session.isSignedIn));
    const stored = (event: StorageEvent) => event.key === TOKENS_KEY && session.storageChanged();
    window.addEventListener("storage", stored);
    onCleanup(() => window.removeEventListener("storage", stored));
    return (
        <Show when={isSignedIn()} fallback={<Entry session={session} />}>
            <Frame session={session} />
        </Show>
    );
}
