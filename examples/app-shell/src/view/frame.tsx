/**
 * The frame of the application: rails at the left, the open place in the middle, dialogs above.
 */

import {
    createEffect,
    createSignal,
    lazy,
    type JSX,
    Match,
    on,
    onCleanup,
    onMount,
    Show,
    Suspense,
    Switch,
} from "solid-js";
import { type Client, createClient } from "../client/client.js";
import { Dialog } from "../part/dialog.js";
import { WhenLoaded } from "../part/state_words.js";
import type { Session } from "../session/session.js";
import { ChannelView } from "./channel/channel_view.js";
import { ConnectionBanner } from "./connection.js";
import { Friends } from "./friends/friends.js";
import { NoticeList } from "./notice_list.js";
import { AccountFooter } from "./rail/account_footer.js";
import { ChannelRail } from "./rail/channel_rail.js";
import { HomeRail } from "./rail/home_rail.js";
import { ServerRail } from "./rail/server_rail.js";
import { VoiceBar } from "./voice/voice_bar.js";
import { VoiceView } from "./voice/voice_view.js";

const Directory = lazy(() => import("./directory/directory.js"));
const Overlays = lazy(() => import("./overlays.js"));

/** The application of one session. */
export function Frame(props: { readonly session: Session }): JSX.Element {
    const client = createClient(props.session);
    const [drawer, setDrawer] = createSignal(false);
    const place = client.place;
    // On a small screen a choice closes the drawer.
    createEffect(on(place, () => setDrawer(false), { defer: true }));
    createEffect(() => {
        document.title = title(client);
    });
    shortcuts(client);
    return (
        <div class="frame" classList={{ "drawer-open": drawer() }}>
            <a class="skip" href="#main" onClick={(event) => focusMain(event)}>
                Skip to content
            </a>
            <div class="rails" onKeyDown={(event) => event.key === "Escape" && setDrawer(false)}>
                <ServerRail client={client} />
                <div class="side">
                    <Show when={guildOf(client)} fallback={<HomeRail client={client} />} keyed>
                        {(guild_id) => <ChannelRail client={client} guild={guild_id} />}
                    </Show>
                    <VoiceBar client={client} />
                    <AccountFooter client={client} />
                </div>
            </div>
            <button type="button" class="drawer-shade" aria-label="Close navigation" onClick={() => setDrawer(false)} />
            <div class="content">
                <ConnectionBanner client={client} />
                <WhenLoaded loaded={client.upkeep.guilds()} what="your servers">
                    <Middle client={client} onMenu={() => setDrawer(true)} />
                </WhenLoaded>
            </div>
            <NoticeList notices={client.notices} />
            <Show when={client.overlay()}>
                <Suspense>
                    <Overlays client={client} />
                </Suspense>
            </Show>
            <Show when={client.farewell()} keyed>
                {(words) => (
                    <Dialog
                        title={words.title}
                        onClose={client.closeFarewell}
                        actions={
                            <button type="button" class="button primary" onClick={client.closeFarewell}>
                                Understood
                            </button>
                        }
                    >
                        <p>{words.text}</p>
                    </Dialog>
                )}
            </Show>
        </div>
    );
}

function Middle(props: { readonly client: Client; readonly onMenu: () => void }): JSX.Element {
    const place = () => props.client.place();
    const channel = () => {
        const here = place();
        return here.kind === "guild" ? here : undefined;
    };
    const kind = () => {
        const here = channel();
        const list = here && props.client.state().channels[here.guild_id]?.list;
        return list?.find(({ channel_id }) => channel_id === here?.channel_id)?.kind;
    };
    return (
        <Suspense>
            <Switch fallback={<Friends client={props.client} onMenu={props.onMenu} />}>
                <Match when={place().kind === "directory"}>
                    <Directory client={props.client} onMenu={props.onMenu} />
                </Match>
                <Match when={channel() && kind() === "voice" ? channel() : undefined}>
                    {(here) => (
                        <VoiceView
                            client={props.client}
                            guild={here().guild_id}
                            channel={here().channel_id ?? ""}
                            onMenu={props.onMenu}
                        />
                    )}
                </Match>
                <Match when={channel()}>
                    {(here) => (
                        <ChannelView
                            client={props.client}
                            guild={here().guild_id}
                            channel={here().channel_id}
                            onMenu={props.onMenu}
                        />
                    )}
                </Match>
            </Switch>
        </Suspense>
    );
}

/** The open guild, if there is one and the user is in it. */
function guildOf(client: Client): string | undefined {
    const here = client.place();
    return here.kind === "guild" && client.state().guilds[here.guild_id] !== undefined ? here.guild_id : undefined;
}

function title(client: Client): string {
    const here = client.place();
    if (here.kind === "friends") return "Friends · Filament";
    if (here.kind === "directory") return "Discover servers · Filament";
    const { guilds, channels } = client.state();
    const channel = channels[here.guild_id]?.list.find(({ channel_id }) => channel_id === here.channel_id);
    const names = [
        channel && (channel.kind === "text" ? `#${channel.name}` : channel.name),
        guilds[here.guild_id]?.name,
    ];
    return [...names.filter((name) => name !== undefined), "Filament"].join(" · ");
}

function focusMain(event: Event): void {
    event.preventDefault();
    document.getElementById("main")?.focus();
}

/** Keys that work everywhere. */
function shortcuts(client: Client): void {
    const key = (event: KeyboardEvent) => {
        if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
            event.preventDefault();
            client.show(client.overlay()?.kind === "switcher" ? undefined : { kind: "switcher" });
        } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
            event.preventDefault();
            step(client, event.key === "ArrowDown" ? 1 : -1);
        }
    };
    onMount(() => document.addEventListener("keydown", key));
    onCleanup(() => document.removeEventListener("keydown", key));
}

/** To the next or the previous channel of the guild. */
function step(client: Client, by: number): void {
    const here = client.place();
    if (here.kind !== "guild") return;
    const list = client.state().channels[here.guild_id]?.list ?? [];
    const index = list.findIndex(({ channel_id }) => channel_id === here.channel_id);
    const next = list.at((index + by + list.length) % list.length);
    if (next !== undefined) client.go({ ...here, channel_id: next.channel_id });
}
