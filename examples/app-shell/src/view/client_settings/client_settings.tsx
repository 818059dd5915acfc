/**
 * Client settings: what concerns this user and this browser, and no server.
 */

import type { JSX } from "solid-js";
import type { Client } from "../../client/client.js";
import { Icon } from "../../part/icon.js";
import { Settings } from "../../part/settings.js";
import { Appearance } from "./appearance.js";
import { ProfileSection } from "./profile.js";
import { VoiceSection } from "./voice.js";

/** The panel. */
export default function ClientSettings(props: {
    readonly client: Client;
    readonly section: string | undefined;
    readonly onClose: () => void;
}): JSX.Element {
    return (
        <Settings
            title="Client Settings"
            section={props.section}
            onClose={props.onClose}
            sections={[
                { id: "voice", label: "Voice", view: () => <VoiceSection /> },
                { id: "profile", label: "Profile", view: () => <ProfileSection client={props.client} /> },
                { id: "appearance", label: "Appearance", view: () => <Appearance /> },
            ]}
            extra={
                <button type="button" class="settings-link danger" onClick={() => void props.client.session.signOut()}>
                    Sign out <Icon name="leave" size={16} />
                </button>
            }
        />
    );
}
