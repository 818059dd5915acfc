/**
 * Guilds, their members and moderation (contract §9.6, §9.10).
 */

import { type Access, checkAccess } from "@filament/protocol/answer/access";
import { type AuditPage, checkAuditPage } from "@filament/protocol/answer/audit_page";
import { type BanPage, checkBanPage } from "@filament/protocol/answer/ban_page";
import { checkGuildDetails, type GuildDetails } from "@filament/protocol/answer/guild_details";
import { checkGuildList, type GuildList } from "@filament/protocol/answer/guild_list";
import { checkIpBanPage, type IpBanPage } from "@filament/protocol/answer/ip_ban_page";
import { checkIpBansCreated, type IpBansCreated } from "@filament/protocol/answer/ip_bans_created";
import { checkMemberPage, type MemberPage } from "@filament/protocol/answer/member_page";
import type { CreateIpBans } from "@filament/protocol/body/create_ip_bans";
import type { UpdateGuild } from "@filament/protocol/body/update_guild";
import { checkGuild, type Guild } from "@filament/protocol/record/guild";
import type { Http } from "./http.js";
import { query } from "./query.js";

/** Members, bans and audit rows of one page. */
const PAGE = 100;

export const guilds = {
    list: (http: Http) => http.ask<GuildList>(checkGuildList, { method: "GET", path: "/guilds" }),
    directory: (http: Http, q: string, signal?: AbortSignal) =>
        http.ask<GuildList>(checkGuildList, {
            method: "GET",
            path: `/guilds/public${query({ q: q || undefined, limit: 50 })}`,
            ...(signal && { signal }),
        }),
    create: (http: Http, name: string, visibility: Guild["visibility"]) =>
        http.ask<Guild>(checkGuild, { method: "POST", path: "/guilds", json: { name, visibility } }),
    details: (http: Http, guild: string) =>
        http.ask<GuildDetails>(checkGuildDetails, { method: "GET", path: `/guilds/${guild}` }),
    update: (http: Http, guild: string, body: UpdateGuild) =>
        http.ask<Guild>(checkGuild, { method: "PATCH", path: `/guilds/${guild}`, json: body }),
    remove: (http: Http, guild: string) => http.tell({ method: "DELETE", path: `/guilds/${guild}` }),
    join: (http: Http, guild: string) => http.tell({ method: "POST", path: `/guilds/${guild}/join` }),
    leave: (http: Http, guild: string) => http.tell({ method: "POST", path: `/guilds/${guild}/leave` }),
    transfer: (http: Http, guild: string, user_id: string) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/owner`, json: { user_id } }),
    access: (http: Http, guild: string) =>
        http.ask<Access>(checkAccess, { method: "GET", path: `/guilds/${guild}/permissions/self` }),
};

export const members = {
    page: (http: Http, guild: string, cursor?: string) =>
        http.ask<MemberPage>(checkMemberPage, {
            method: "GET",
            path: `/guilds/${guild}/members${query({ limit: 200, cursor })}`,
        }),
    add: (http: Http, guild: string, user: string) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/members/${user}` }),
    kick: (http: Http, guild: string, user: string) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/members/${user}/kick` }),
    ban: (http: Http, guild: string, user: string) =>
        http.tell({ method: "POST", path: `/guilds/${guild}/members/${user}/ban` }),
};

export const bans = {
    page: (http: Http, guild: string, cursor?: string) =>
        http.ask<BanPage>(checkBanPage, {
            method: "GET",
            path: `/guilds/${guild}/bans${query({ limit: PAGE, cursor })}`,
        }),
    lift: (http: Http, guild: string, user: string) =>
        http.tell({ method: "DELETE", path: `/guilds/${guild}/bans/${user}` }),
};

export const ipBans = {
    page: (http: Http, guild: string, cursor?: string) =>
        http.ask<IpBanPage>(checkIpBanPage, {
            method: "GET",
            path: `/guilds/${guild}/ip-bans${query({ limit: PAGE, cursor })}`,
        }),
    add: (http: Http, guild: string, json: CreateIpBans) =>
        http.ask<IpBansCreated>(checkIpBansCreated, { method: "POST", path: `/guilds/${guild}/ip-bans/by-user`, json }),
    lift: (http: Http, guild: string, ban: string) =>
        http.tell({ method: "DELETE", path: `/guilds/${guild}/ip-bans/${ban}` }),
};

export const audit = {
    page: (http: Http, guild: string, action_prefix?: string, cursor?: string) =>
        http.ask<AuditPage>(checkAuditPage, {
            method: "GET",
            path: `/guilds/${guild}/audit${query({ limit: 50, action_prefix, cursor })}`,
        }),
};
