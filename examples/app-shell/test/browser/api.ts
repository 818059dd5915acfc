/**
 * A user without a browser: what a test needs to be there before a page is opened.
 */

/** A signed-in user. */
export class ApiUser {
    private constructor(
        private readonly server: string,
        readonly name: string,
        readonly id: string,
        readonly tokens: {
            readonly access_token: string;
            readonly refresh_token: string;
            readonly expires_in_secs: number;
        },
    ) {}

    static async signUp(server: string, name: string): Promise<ApiUser> {
        const account = { username: name, password: PASSWORD };
        await call(server, undefined, "POST", "/auth/register", account);
        const tokens = (await call(server, undefined, "POST", "/auth/login", account)) as ApiUser["tokens"];
        const me = (await call(server, tokens.access_token, "GET", "/auth/me")) as { readonly user_id: string };
        return new ApiUser(server, name, me.user_id, tokens);
    }

    /** One request; its answer, or an error that says what the server said. */
    async call<T = Record<string, never>>(method: string, path: string, body?: object): Promise<T> {
        return (await call(this.server, this.tokens.access_token, method, path, body)) as T;
    }

    /** A guild of this user's with a channel. */
    async guild(
        name: string,
        visibility: "private" | "public" = "private",
    ): Promise<{ guild: string; channel: string }> {
        const { guild_id } = await this.call<{ guild_id: string }>("POST", "/guilds", { name, visibility });
        const channel = await this.channel(guild_id, "general");
        return { guild: guild_id, channel };
    }

    async channel(guild: string, name: string, kind: "text" | "voice" = "text"): Promise<string> {
        const body = { name, kind };
        return (await this.call<{ channel_id: string }>("POST", `/guilds/${guild}/channels`, body)).channel_id;
    }

    async post(guild: string, channel: string, content: string): Promise<string> {
        const path = `/guilds/${guild}/channels/${channel}/messages`;
        return (await this.call<{ message_id: string }>("POST", path, { content })).message_id;
    }
}

/** The password of every test user. */
export const PASSWORD = "correct horse battery";

async function call(
    server: string,
    token: string | undefined,
    method: string,
    path: string,
    body?: object,
): Promise<unknown> {
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(`${server}/api${path}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
}
