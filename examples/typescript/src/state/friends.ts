/**
 * Friends and open requests. Each list is known from its load; until then its events are passed over.
 */

import type { Event } from "../envelope.js";
import type { EventMap } from "../generated/events.js";
import { change, changeAll, drop, put, type Table, tableOf } from "./share.js";

/** A friend. */
export interface Friend {
    readonly user_id: string;
    readonly username: string;
    readonly created_at_unix: number;
}

/** A request that waits for an answer. */
export type FriendRequest = EventMap["friend_request_create"];

/** Friends by user, requests by id; absent until loaded. */
export interface Friends {
    readonly friends?: Table<Friend>;
    readonly incoming?: Table<FriendRequest>;
    readonly outgoing?: Table<FriendRequest>;
}

/** Applies an event; without `me` nothing can be said about whose friends they are. */
export function reduceFriends(state: Friends, event: Event, me?: string): Friends {
    switch (event.t) {
        case "friend_request_create":
            return requested(state, event.d, me);
        case "friend_request_update": {
            const { user_id, friend_user_id, friend_username, friendship_created_at_unix, request_id } = event.d;
            if (user_id !== me) return state;
            const friend = {
                user_id: friend_user_id,
                username: friend_username,
                created_at_unix: friendship_created_at_unix,
            };
            return withFriends(withoutRequest(state, request_id), (friends) => put(friends, friend_user_id, friend));
        }
        case "friend_request_delete":
            return withoutRequest(state, event.d.request_id);
        case "friend_remove":
            return event.d.user_id === me
                ? withFriends(state, (friends) => drop(friends, event.d.friend_user_id))
                : state;
        case "profile_update":
            return renamed(state, event.d);
        default:
            return state;
    }
}

/** Takes over `GET /friends`: these are all. */
export function loadFriends(state: Friends, list: readonly Friend[]): Friends {
    return set(
        state,
        "friends",
        tableOf(list, ({ user_id }) => user_id),
    );
}

/** Takes over `GET /friends/requests`: these are all. */
export function loadFriendRequests(
    state: Friends,
    requests: { readonly incoming: readonly FriendRequest[]; readonly outgoing: readonly FriendRequest[] },
): Friends {
    const byId = (list: readonly FriendRequest[]) => tableOf(list, ({ request_id }) => request_id);
    return set(set(state, "incoming", byId(requests.incoming)), "outgoing", byId(requests.outgoing));
}

function set<Name extends keyof Friends>(state: Friends, name: Name, value: Friends[Name]): Friends {
    return put(state as Table<unknown>, name, value) as Friends;
}

function requested(state: Friends, request: FriendRequest, me: string | undefined): Friends {
    const name = request.recipient_user_id === me ? "incoming" : request.sender_user_id === me ? "outgoing" : undefined;
    const known = name && state[name];
    return known === undefined || name === undefined
        ? state
        : set(state, name, put(known, request.request_id, request));
}

function withoutRequest(state: Friends, request_id: string): Friends {
    let changed = state;
    for (const name of ["incoming", "outgoing"] as const) {
        const known = state[name];
        if (known !== undefined) changed = set(changed, name, drop(known, request_id));
    }
    return changed;
}

function withFriends(state: Friends, step: (friends: Table<Friend>) => Table<Friend>): Friends {
    return state.friends === undefined ? state : set(state, "friends", step(state.friends));
}

/** Names stand in the lists as well. */
function renamed(state: Friends, { user_id, updated_fields }: EventMap["profile_update"]): Friends {
    const { username } = updated_fields;
    if (username === undefined) return state;
    let changed = withFriends(state, (friends) => change(friends, user_id, (friend) => ({ ...friend, username })));
    for (const name of ["incoming", "outgoing"] as const) {
        const known = changed[name];
        if (known === undefined) continue;
        const next = changeAll(known, (request) => ({
            ...request,
            ...(request.sender_user_id === user_id && { sender_username: username }),
            ...(request.recipient_user_id === user_id && { recipient_username: username }),
        }));
        changed = set(changed, name, next);
    }
    return changed;
}
