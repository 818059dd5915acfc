/**
 * How one takes part in voice from this browser.
 */

import { For, type JSX } from "solid-js";
import { chooseVoice, voiceChoices, type VoiceChoices } from "../voice/choices.js";

const CHOICES: readonly { readonly key: keyof VoiceChoices; readonly label: string; readonly about: string }[] = [
    { key: "startMuted", label: "Join muted", about: "Others do not hear you until you unmute." },
    { key: "startDeafened", label: "Join deafened", about: "You hear nobody, and nobody hears you." },
    { key: "receive", label: "Receive streams", about: "Hear and see others, where the channel lets you." },
    { key: "camera", label: "Ask for the camera", about: "Where the channel lets you publish one." },
    { key: "screen", label: "Ask for screen sharing", about: "Where the channel lets you share." },
];

/** The section. */
export function VoiceSection(): JSX.Element {
    return (
        <div class="form">
            <p class="muted">These are kept in this browser and take effect when you next join a voice channel.</p>
            <For each={CHOICES}>
                {({ key, label, about }) => (
                    <label class="check">
                        <input
                            type="checkbox"
                            checked={voiceChoices()[key]}
                            onChange={(event) => chooseVoice({ [key]: event.currentTarget.checked })}
                        />
                        <span>
                            {label} <small class="muted">{about}</small>
                        </span>
                    </label>
                )}
            </For>
        </div>
    );
}
