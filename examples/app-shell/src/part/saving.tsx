/**
 * Saving, and saying so: one status per form, read out as it changes.
 */

import { type Accessor, createSignal, type JSX } from "solid-js";
import { sentence } from "../api/refusal.js";

/** How a save stands. */
export type Saving =
    | { readonly kind: "idle" }
    | { readonly kind: "saving" }
    | { readonly kind: "saved" }
    | { readonly kind: "failed"; readonly why: string };

/** A status and what runs under it. */
export interface Saver {
    readonly saving: Accessor<Saving>;
    /** Runs a save; tells whether it worked. */
    save(work: () => Promise<unknown>): Promise<boolean>;
    clear(): void;
}

/** A saver that has not saved anything yet. */
export function createSaver(): Saver {
    const [saving, set] = createSignal<Saving>({ kind: "idle" });
    let run = 0;
    return {
        saving,
        save: async (work) => {
            run += 1;
            const mine = run;
            set({ kind: "saving" });
            try {
                await work();
                if (mine === run) set({ kind: "saved" });
                return true;
            } catch (error) {
                if (mine === run) set({ kind: "failed", why: sentence(error) });
                return false;
            }
        },
        clear: () => set({ kind: "idle" }),
    };
}

/** The status in words. */
export function SaveStatus(props: { readonly saver: Saver }): JSX.Element {
    const words = (): string => {
        const saving = props.saver.saving();
        switch (saving.kind) {
            case "idle":
                return "";
            case "saving":
                return "Saving…";
            case "saved":
                return "Saved";
            case "failed":
                return `Not saved. ${saving.why}`;
        }
    };
    return (
        <p class={`save-status ${props.saver.saving().kind}`} role="status">
            {words()}
        </p>
    );
}

/** The end of a form: how its save stands, and the button that saves. */
export function FormEnd(props: {
    readonly saver: Saver;
    readonly label: string;
    /** Whether there is nothing that could be saved. */
    readonly disabled: boolean;
}): JSX.Element {
    return (
        <div class="form-end">
            <SaveStatus saver={props.saver} />
            <button
                type="submit"
                class="button primary"
                disabled={props.disabled || props.saver.saving().kind === "saving"}
            >
                {props.label}
            </button>
        </div>
    );
}
