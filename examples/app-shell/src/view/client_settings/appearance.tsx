/**
 * Light or dark.
 */

import { For, type JSX } from "solid-js";
import { chooseTheme, theme, type Theme, THEMES } from "../../part/theme.js";

const LABELS: Readonly<Record<Theme, string>> = { system: "As the system", light: "Light", dark: "Dark" };

/** The section. */
export function Appearance(): JSX.Element {
    return (
        <fieldset class="choices">
            <legend>Colours</legend>
            <For each={THEMES}>
                {(choice) => (
                    <label class="check">
                        <input
                            type="radio"
                            name="theme"
                            checked={theme() === choice}
                            onChange={() => chooseTheme(choice)}
                        />
                        {LABELS[choice]}
                    </label>
                )}
            </For>
        </fieldset>
    );
}
