/**
 * Channels, messages, attachments, search and voice (contract §9.8, §9.9, §9.11).
 */

import { type ChannelList, checkChannelList } from "@filament/protocol/answer/channel_list";
import { checkMessagePage, type MessagePage } from "@filament/protocol/answer/message_page";
import { checkSearchPage, type SearchPage } from "@filament/protocol/answer/search_page";
import { checkVoiceToken, type VoiceToken } from "@filament/protocol/answer/voice_token";
import type { IssueVoiceToken } from "@filament/protocol/body/issue_voice_token";
import type { UpdateVoiceState } from "@filament/protocol/body/update_voice_state";
import type { ChannelKey } from "@filament/protocol/gateway";
import { type Channel, checkChannel } from "@filament/protocol/record/channel";
import { checkMessage, type Message } from "@filament/protocol/record/message";
import type { Http } from "./http.js";
import { query } from "./query.js";

/** The path of a channel. */
export function channelPath({ guild_id, channel_id }: ChannelKey): string {
    return `/guilds/${guild_id}/channels/${channel_id}`;
}

export const channels = {
    manageable: (http: Http, guild: string) =>
        http.ask<ChannelList>(checkChannelList, {
            method: "GET",
            path: `/guilds/${guild}/channels?include=manageable`,
        }),
    create: (http: Http, guild: string, name: string, kind: Channel["kind"]) =>
        http.ask<Channel>(checkChannel, { method: "POST", path: `/guilds/${guild}/channels`, json: { name, kind } }),
    rename: (http: Http, channel: ChannelKey, name: string) =>
        http.tell({ method: "PATCH", path: channelPath(channel), json: { name } }),
    remove: (http: Http, channel: ChannelKey) => http.tell({ method: "DELETE", path: channelPath(channel) }),
    reorder: (http: Http, guild: string, channel_ids: readonly string[]) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/channels/reorder`, json: { channel_ids } }),
};

export const messages = {
    page: (http: Http, channel: ChannelKey, limit: number, before?: string) =>
        http.ask<MessagePage>(checkMessagePage, {
            method: "GET",
            path: `${channelPath(channel)}/messages${query({ limit, before })}`,
        }),
    /** Sending again with the same key makes no second message (contract HTTP-16). */
    post: (http: Http, channel: ChannelKey, key: string, content: string, attachment_ids: readonly string[]) =>
        http.ask<Message>(checkMessage, {
            method: "POST",
            path: `${channelPath(channel)}/messages`,
            json: { content, ...(attachment_ids.length > 0 && { attachment_ids }) },
            headers: { "idempotency-key": key },
        }),
    edit: (http: Http, channel: ChannelKey, message: string, content: string) =>
        http.tell({ method: "PATCH", path: `${channelPath(channel)}/messages/${message}`, json: { content } }),
    remove: (http: Http, channel: ChannelKey, message: string) =>
        http.tell({ method: "DELETE", path: `${channelPath(channel)}/messages/${message}` }),
    react: (http: Http, channel: ChannelKey, message: string, emoji: string, add: boolean) =>
        http.tell({
            method: add ? "POST" : "DELETE",
            path: `${channelPath(channel)}/messages/${message}/reactions/${encodeURIComponent(emoji)}`,
        }),
    search: (http: Http, guild: string, q: string, channel_id?: string, cursor?: string, signal?: AbortSignal) =>
        http.ask<SearchPage>(checkSearchPage, {
            method: "GET",
            path: `/guilds/${guild}/search${query({ q, limit: 20, channel_id, cursor })}`,
            ...(signal && { signal }),
        }),
};

export const voice = {
    token: (http: Http, channel: ChannelKey, body: IssueVoiceToken) =>
        http.ask<VoiceToken>(checkVoiceToken, {
            method: "POST",
            path: `${channelPath(channel)}/voice/token`,
            json: body,
        }),
    leave: (http: Http, channel: ChannelKey) =>
        http.tell({ method: "POST", path: `${channelPath(channel)}/voice/leave` }),
    state: (http: Http, channel: ChannelKey, body: UpdateVoiceState) =>
        http.tell({ method: "POST", path: `${channelPath(channel)}/voice/state`, json: body }),
};
