/**
 * Short words at the edge of the screen.
 */

import { For, type JSX } from "solid-js";
import type { Notices } from "../client/notices.js";
import { Icon } from "../part/icon.js";

/** The list, read out as it grows. */
export function NoticeList(props: { readonly notices: Notices }): JSX.Element {
    return (
        <div class="notices" role="log" aria-label="Notices">
            <For each={props.notices.list()}>
                {(notice) => (
                    <div class={`notice ${notice.kind}`}>
                        <span>{notice.text}</span>
                        <button
                            type="button"
                            class="bare"
                            aria-label="Dismiss"
                            onClick={() => props.notices.drop(notice.id)}
                        >
                            <Icon name="close" size={16} />
                        </button>
                    </div>
                )}
            </For>
        </div>
    );
}
