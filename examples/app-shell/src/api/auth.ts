/**
 * Accounts and sessions (contract §9.4). These requests carry no token.
 */

import { checkAccepted } from "@filament/protocol/answer/accepted";
import { checkSessionTokens } from "@filament/protocol/answer/session_tokens";
import { RefreshRefused, type SessionRoutes, type SessionTokens } from "../session/session.js";
import { Http } from "./http.js";
import { Refusal } from "./refusal.js";

const http = new Http(undefined);

/** The routes of a session. */
export const authRoutes: SessionRoutes = {
    login: (username, password) =>
        http.ask<SessionTokens>(checkSessionTokens, {
            method: "POST",
            path: "/auth/login",
            json: { username, password },
        }),
    refresh: async (refresh_token) => {
        try {
            const json = { refresh_token };
            return await http.ask<SessionTokens>(checkSessionTokens, { method: "POST", path: "/auth/refresh", json });
        } catch (error) {
            if (error instanceof Refusal && error.status === 401) throw new RefreshRefused();
            throw error;
        }
    },
    logout: (refresh_token) => http.tell({ method: "POST", path: "/auth/logout", json: { refresh_token } }),
};

/** Makes an account. The answer does not tell whether the name was free (contract AUT-2). */
export async function register(username: string, password: string): Promise<void> {
    await http.ask(checkAccepted, { method: "POST", path: "/auth/register", json: { username, password } });
}
