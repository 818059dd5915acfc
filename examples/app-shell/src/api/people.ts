/**
 * Profiles and friends (contract §9.4, §9.5).
 */

import { checkFriendList, type FriendList } from "@filament/protocol/answer/friend_list";
import { checkFriendRequestList, type FriendRequestList } from "@filament/protocol/answer/friend_request_list";
import { checkProfile, type Profile } from "@filament/protocol/answer/profile";
import { checkUserList, type UserList } from "@filament/protocol/answer/user_list";
import type { UpdateProfile } from "@filament/protocol/body/update_profile";
import type { Http } from "./http.js";
import { type Upload, upload } from "./upload.js";

export const people = {
    me: (http: Http) => http.ask<Profile>(checkProfile, { method: "GET", path: "/auth/me" }),
    lookup: (http: Http, user_ids: readonly string[]) =>
        http.ask<UserList>(checkUserList, { method: "POST", path: "/users/lookup", json: { user_ids } }),
    profile: (http: Http, user: string) =>
        http.ask<Profile>(checkProfile, { method: "GET", path: `/users/${user}/profile` }),
    update: (http: Http, body: UpdateProfile) =>
        http.ask<Profile>(checkProfile, { method: "PATCH", path: "/users/me/profile", json: body }),
    image: (http: Http, kind: "avatar" | "banner", file: Blob, onProgress: (share: number) => void): Upload<Profile> =>
        upload<Profile>(http, checkProfile, `/users/me/profile/${kind}`, file, onProgress),
};

/** Where the picture of a user is; the version makes the address change with the picture. */
export function imageAddress(kind: "avatar" | "banner", user_id: string, version: number): string {
    return `/api/users/${user_id}/${kind}?v=${version}`;
}

export const friends = {
    list: (http: Http) => http.ask<FriendList>(checkFriendList, { method: "GET", path: "/friends" }),
    requests: (http: Http) =>
        http.ask<FriendRequestList>(checkFriendRequestList, { method: "GET", path: "/friends/requests" }),
    request: (http: Http, recipient_user_id: string) =>
        http.tell({ method: "POST", path: "/friends/requests", json: { recipient_user_id } }),
    accept: (http: Http, request: string) => http.tell({ method: "POST", path: `/friends/requests/${request}/accept` }),
    decline: (http: Http, request: string) => http.tell({ method: "DELETE", path: `/friends/requests/${request}` }),
    remove: (http: Http, user: string) => http.tell({ method: "DELETE", path: `/friends/${user}` }),
};
