/**
 * Everything but the generated modules, which are imported one by one: `@filament/protocol/event/message_create`, or as
 * a table: `@filament/protocol/events`.
 */

export * from "./envelope.js";
export * from "./gateway/client.js";
export type { BodyMap, BodyName } from "./generated/bodies.js";
export type { CommandMap, CommandName } from "./generated/commands.js";
export type { EventMap, EventName } from "./generated/events.js";
export { DEPTH_MAX, type Json, type JsonObject, MESSAGE_BYTES_MAX, parseBytes, parseText } from "./json.js";
export * from "./state/state.js";
export * from "./state/store.js";
export type { Check, Code, Fault, Options, Result } from "./verdict.js";
