/**
 * One's own profile: name, words about oneself, pictures.
 */

import { createEffect, createSignal, type JSX, on, Show } from "solid-js";
import { imageAddress, people } from "../../api/people.js";
import { isMissingFeature, Refusal } from "../../api/refusal.js";
import type { Client } from "../../client/client.js";
import { Avatar, hue } from "../../part/avatar.js";
import { onChange } from "../../part/change.js";
import { createSaver, FormEnd, SaveStatus } from "../../part/saving.js";

/** Bounds of the contract: §10.1 and §9.4. */
const NAME = /^[A-Za-z0-9_.]{3,32}$/;
const ABOUT_UNITS_MAX = 2_048;
const IMAGE_TYPES = "image/png,image/jpeg,image/webp,image/gif,image/avif";
const BYTES_MAX = { avatar: 2_097_152, banner: 6_291_456 } as const;

/** The section. */
export function ProfileSection(props: { readonly client: Client }): JSX.Element {
    const { client } = props;
    const me = () => client.state().me ?? "";
    const profile = () => client.state().profiles[me()];
    const [name, setName] = createSignal("");
    const [about, setAbout] = createSignal("");
    const [isMissing, setMissing] = createSignal(false);
    const saver = createSaver();
    onChange(me, (user) => {
        client.loads.profile(user).catch((error: unknown) => setMissing(isMissingFeature(error)));
    });
    // What another tab or device saves appears here as well, unless it is being changed.
    createEffect(
        on(
            () => profile()?.username,
            (next, before) => (before === undefined || name() === before) && setName(next ?? ""),
        ),
    );
    createEffect(
        on(
            () => profile()?.about_markdown,
            (next, before) => (before === undefined || about() === before) && setAbout(next ?? ""),
        ),
    );
    const changes = () => ({
        ...(name() !== profile()?.username && { username: name() }),
        ...(about() !== (profile()?.about_markdown ?? "") && { about_markdown: about() }),
    });
    const isChanged = () => Object.keys(changes()).length > 0;
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        await saver.save(() => people.update(client.http, changes()));
    };
    return (
        <div class="form">
            <Show when={isMissing()}>
                <p class="locked" role="note">
                    This server does not offer profiles.
                </p>
            </Show>
            <Pictures client={client} user={me()} />
            <form class="form" onSubmit={submit}>
                <label class="field">
                    <span>Name</span>
                    <input
                        required
                        minlength={3}
                        maxlength={32}
                        value={name()}
                        spellcheck={false}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                    <small class="muted">3 to 32 letters, digits, dots or underscores.</small>
                </label>
                <label class="field">
                    <span>About you</span>
                    <textarea
                        rows="5"
                        maxlength={ABOUT_UNITS_MAX}
                        value={about()}
                        onInput={(event) => setAbout(event.currentTarget.value)}
                    />
                    <small class="muted">Markdown works here. {ABOUT_UNITS_MAX - about().length} left.</small>
                </label>
                <FormEnd saver={saver} label="Save profile" disabled={!isChanged() || !NAME.test(name())} />
            </form>
        </div>
    );
}

function Pictures(props: { readonly client: Client; readonly user: string }): JSX.Element {
    const { client } = props;
    const banner = () => client.state().profiles[props.user]?.banner_version ?? 0;
    return (
        <div class="pictures">
            <div class="person-banner" style={{ "--hue": hue(props.user) }}>
                <Show when={banner() > 0}>
                    <img src={imageAddress("banner", props.user, banner())} alt="" />
                </Show>
            </div>
            <div class="pictures-line">
                <Avatar client={client} user={props.user} size={84} />
                <Picture client={client} kind="avatar" label="Change avatar" />
                <Picture client={client} kind="banner" label="Change banner" />
            </div>
        </div>
    );
}

function Picture(props: {
    readonly client: Client;
    readonly kind: "avatar" | "banner";
    readonly label: string;
}): JSX.Element {
    const saver = createSaver();
    const [share, setShare] = createSignal(0);
    let picker!: HTMLInputElement;
    const choose = async (file: File | undefined) => {
        if (file === undefined) return;
        await saver.save(async () => {
            if (file.size > BYTES_MAX[props.kind]) throw new Refusal(413, "payload_too_large");
            await people.image(props.client.http, props.kind, file, setShare).done;
        });
    };
    return (
        <div class="picture-choice">
            <button type="button" class="button" onClick={() => picker.click()}>
                {props.label}
            </button>
            <input
                ref={picker}
                type="file"
                hidden
                accept={IMAGE_TYPES}
                aria-label={props.label}
                onChange={(event) => {
                    void choose(event.currentTarget.files?.[0]);
                    event.currentTarget.value = "";
                }}
            />
            <Show when={saver.saving().kind === "saving"}>
                <progress max="1" value={share()} aria-label={`${props.label}, upload`} />
            </Show>
            <SaveStatus saver={saver} />
        </div>
    );
}
