/**
 * How this browser's user takes part in voice.
 */

import { createSignal } from "solid-js";

/** The choices. */
export interface VoiceChoices {
    readonly startMuted: boolean;
    readonly startDeafened: boolean;
    readonly receive: boolean;
    readonly camera: boolean;
    readonly screen: boolean;
}

const KEY = "filament.voice";
const DEFAULTS: VoiceChoices = { startMuted: false, startDeafened: false, receive: true, camera: false, screen: false };

function stored(): VoiceChoices {
    try {
        return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<VoiceChoices>) };
    } catch {
        return DEFAULTS;
    }
}

const [choices, set] = createSignal(stored());

/** What was chosen. */
export const voiceChoices = choices;

/** Chooses. */
export function chooseVoice(part: Partial<VoiceChoices>): void {
    const next = { ...choices(), ...part };
    localStorage.setItem(KEY, JSON.stringify(next));
    set(next);
}
