/**
 * Light or dark: the system's choice, unless this browser's user made one.
 */

import { createSignal } from "solid-js";

/** The choices. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "filament.theme";

function stored(): Theme {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? "system";
}

const [theme, set] = createSignal<Theme>(stored());

/** The choice. */
export { theme };

/** Makes the choice, and shows it. */
export function chooseTheme(next: Theme): void {
    localStorage.setItem(KEY, next);
    set(next);
    showTheme();
}

/** Shows the choice; to be called once at the start. */
export function showTheme(): void {
    document.documentElement.dataset.theme = theme();
}
