/**
 * Signing in and signing up.
 */

import { createSignal, type JSX, onMount, Show } from "solid-js";
import { register } from "../../api/auth.js";
import { Refusal, sentence } from "../../api/refusal.js";
import type { Session } from "../../session/session.js";

/** Bounds of §10.1 of the contract. */
const NAME = /^[A-Za-z0-9_.]{3,32}$/;
const PASSWORD_UNITS_MIN = 12;
const PASSWORD_UNITS_MAX = 128;

/** The form; signing up signs in as well. */
export function Entry(props: { readonly session: Session }): JSX.Element {
    const [isNew, setNew] = createSignal(false);
    const [name, setName] = createSignal("");
    const [password, setPassword] = createSignal("");
    const [busy, setBusy] = createSignal(false);
    const [problem, setProblem] = createSignal(
        props.session.signedOut === "ended" ? "Your session has ended. Please sign in again." : "",
    );
    let field!: HTMLInputElement;
    onMount(() => {
        document.title = "Sign in · Filament";
        field.focus();
    });

    const fault = (): string | undefined => {
        if (!isNew()) return undefined;
        if (!NAME.test(name())) return "A name has 3 to 32 letters, digits, dots or underscores.";
        const units = password().length;
        if (units < PASSWORD_UNITS_MIN) return `A password has at least ${PASSWORD_UNITS_MIN} characters.`;
        return units > PASSWORD_UNITS_MAX ? `A password has at most ${PASSWORD_UNITS_MAX} characters.` : undefined;
    };
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const wrong = fault();
        setProblem(wrong ?? "");
        if (wrong !== undefined || busy()) return;
        setBusy(true);
        try {
            if (isNew()) await register(name(), password());
            await props.session.signIn(name(), password());
        } catch (error) {
            setProblem(words(error, isNew()));
        } finally {
            setBusy(false);
        }
    };
    return (
        <main class="entry">
            <form class="entry-card" onSubmit={submit} aria-labelledby="entry-title">
                <img src="/filament.svg" alt="" width="52" height="52" />
                <h1 id="entry-title">{isNew() ? "Create an account" : "Welcome back"}</h1>
                <p class="muted">
                    {isNew() ? "Pick a name that others will know you by." : "Sign in to see what happened meanwhile."}
                </p>
                <label class="field">
                    <span>Name</span>
                    <input
                        ref={field}
                        name="username"
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck={false}
                        required
                        maxlength={32}
                        value={name()}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                </label>
                <label class="field">
                    <span>Password</span>
                    <input
                        name="password"
                        type="password"
                        autocomplete={isNew() ? "new-password" : "current-password"}
                        required
                        value={password()}
                        onInput={(event) => setPassword(event.currentTarget.value)}
                    />
                    <Show when={isNew()}>
                        <small class="muted">At least {PASSWORD_UNITS_MIN} characters.</small>
                    </Show>
                </label>
                <p class="problem" role="alert">
                    {problem()}
                </p>
                <button type="submit" class="button primary wide" disabled={busy()}>
                    {busy() ? "One moment…" : isNew() ? "Create account" : "Sign in"}
                </button>
                <p class="entry-switch">
                    {isNew() ? "You have an account?" : "New here?"}{" "}
                    <button
                        type="button"
                        class="link"
                        onClick={() => {
                            setNew(!isNew());
                            setProblem("");
                        }}
                    >
                        {isNew() ? "Sign in" : "Create an account"}
                    </button>
                </p>
            </form>
        </main>
    );
}

function words(error: unknown, isNew: boolean): string {
    if (!(error instanceof Refusal) || error.code !== "invalid_credentials") return sentence(error);
    // The server does not tell whether a name is taken; signing in then fails.
    return isNew ? "This name is taken, or the password is not the one of this account." : "Name or password is wrong.";
}
