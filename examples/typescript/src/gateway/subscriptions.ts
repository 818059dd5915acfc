/**
 * The channels a client wants to hear. They outlive connections: each new connection asks for them again.
 */

/** A channel of a guild. */
export interface ChannelKey {
    readonly guild_id: string;
    readonly channel_id: string;
}

/** Pairs in the query of one connection (contract RES-11). */
export const QUERY_PAIRS_MAX = 128;

/** A set of channels in the order in which they were asked for. */
export class Subscriptions {
    private readonly wanted = new Map<string, ChannelKey>();

    get size(): number {
        return this.wanted.size;
    }

    has(key: ChannelKey): boolean {
        return this.wanted.has(text(key));
    }

    /** Adds a channel; tells whether it is new. */
    add(key: ChannelKey): boolean {
        if (this.has(key)) return false;
        this.wanted.set(text(key), { guild_id: key.guild_id, channel_id: key.channel_id });
        return true;
    }

    remove(key: ChannelKey): boolean {
        return this.wanted.delete(text(key));
    }

    /** Removes every channel of a guild. */
    removeGuild(guild_id: string): void {
        for (const key of this.all()) {
            if (key.guild_id === guild_id) this.remove(key);
        }
    }

    all(): ChannelKey[] {
        return [...this.wanted.values()];
    }
}

function text(key: ChannelKey): string {
    return `${key.guild_id}:${key.channel_id}`;
}
