// Judges the server with LiveKit's own SDK: it verifies our tokens and the tokens of our API calls, and signs the webhooks that we verify.
// LiveKit itself does not run here: a small server stands where its API would be.
//
// FILAMENT_SERVER names the server program.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AccessToken, ParticipantInfo, Room, TokenVerifier, TrackInfo, TrackSource, WebhookEvent, WebhookReceiver } from "livekit-server-sdk";

const KEY = "the-key";
const SECRET = "a secret of more than thirty-two characters".replaceAll(" ", "-");
const DEADLINE_MS = 10_000;

/** Asks until the answer is as wanted, or too much time has passed. */
async function becomes(what, ask, wanted) {
  const until = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer === wanted) return;
    assert.ok(Date.now() < until, `${what} is ${answer}, not ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The place of LiveKit's API: keeps every call and answers it with nothing. */
async function standIn() {
  const calls = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    calls.push({ path: request.url, token: request.headers.authorization, body: JSON.parse(body) });
    response.setHeader("content-type", "application/json").end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { calls, port: server.address().port, close: () => server.close() };
}

async function startServer(folder, apiPort) {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("FILAMENT_")));
  const server = spawn(process.env.FILAMENT_SERVER, {
    env: {
      ...environment,
      FILAMENT_BIND_ADDR: "127.0.0.1:0",
      FILAMENT_DATA_DIR: join(folder, "data"),
      FILAMENT_LIVEKIT_API_KEY: KEY,
      FILAMENT_LIVEKIT_API_SECRET: SECRET,
      FILAMENT_LIVEKIT_URL: `ws://127.0.0.1:${apiPort}`,
      FILAMENT_VOICE_CONFIRM: "webhook",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [banner] = await once(createInterface({ input: server.stdout }), "line");
  return { server, base: banner.slice(banner.indexOf("http://")).trim() };
}

/** A user of the server, as far as this needs one. */
class User {
  constructor(base, name) {
    this.base = base;
    this.name = name;
  }

  async call(method, path, body) {
    const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(this.base + path, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  async register() {
    const credentials = { username: this.name, password: "correct horse battery" };
    await this.call("POST", "/auth/register", credentials);
    this.token = (await this.call("POST", "/auth/login", credentials)).access_token;
    this.id = (await this.call("GET", "/auth/me")).user_id;
    return this;
  }
}

async function metric(base, name) {
  const text = await (await fetch(`${base}/metrics`)).text();
  const line = text.split("\n").find((line) => line.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

async function sign(body, secret = SECRET) {
  const token = new AccessToken(KEY, secret, { ttl: 60 });
  token.sha256 = createHash("sha256").update(body).digest("base64");
  return token.toJwt();
}

async function post(base, event, secret) {
  const body = event.toJsonString();
  const authorization = await sign(body, secret);
  if (secret === undefined) await new WebhookReceiver(KEY, SECRET).receive(body, authorization); // what LiveKit's own receivers accept
  const headers = { "content-type": "application/webhook+json", authorization };
  return (await fetch(`${base}/livekit/webhook`, { method: "POST", headers, body })).status;
}

async function check(base, calls) {
  const owner = await new User(base, "owner").register();
  const guild = (await owner.call("POST", "/guilds", { name: "G", visibility: "public" })).guild_id;
  const channel = (await owner.call("POST", `/guilds/${guild}/channels`, { name: "V", kind: "voice" })).channel_id;
  const voice = `/guilds/${guild}/channels/${channel}/voice`;

  // Our token, as LiveKit reads it.
  const sources = ["screen_share", "microphone", "camera"];
  const issued = await owner.call("POST", `${voice}/token`, { can_subscribe: true, publish_sources: sources });
  const verifier = new TokenVerifier(KEY, SECRET);
  const claims = await verifier.verify(issued.token);
  const identity = `u.${owner.id}.${guild}.${channel}`;
  const room = `filament.voice.${guild}.${channel}`;
  assert.deepEqual([issued.identity, issued.room, issued.expires_in_secs], [identity, room, 300]);
  assert.equal(claims.exp - claims.nbf, 300);
  assert.ok(Math.abs(claims.nbf - Date.now() / 1000) < 60);
  assert.deepEqual(claims, {
    iss: KEY,
    sub: identity,
    name: "owner",
    nbf: claims.nbf,
    exp: claims.exp,
    video: {
      room,
      roomJoin: true,
      canPublish: true,
      canPublishData: true,
      canSubscribe: true,
      canPublishSources: ["microphone", "camera", "screen_share"],
    },
  });
  await assert.rejects(new TokenVerifier(KEY, "another secret").verify(issued.token));

  // Webhooks, as LiveKit writes them.
  const participants = () => metric(base, "filament_voice_participants");
  const outcome = (name) => () => metric(base, `filament_livekit_webhooks_total{outcome="${name}"}`);
  assert.equal(await participants(), 0, "the token alone makes nobody a participant");
  let number = 0;
  const event = (name, track) => {
    const event = new WebhookEvent({
      id: `EV_${(number += 1)}`,
      createdAt: BigInt(Math.floor(Date.now() / 1000)),
      room: new Room({ sid: "RM_1", name: room }),
      participant: new ParticipantInfo({ sid: "PA_1", identity, name: "owner" }),
      track,
    });
    event.event = name; // the SDK's class empties it in its constructor
    return event;
  };
  const joined = event("participant_joined");
  assert.equal(await post(base, joined, "a forger's secret"), 401);
  await becomes("unauthorized", outcome("unauthorized"), 1);
  assert.equal(await participants(), 0);
  assert.equal(await post(base, joined), 200);
  await becomes("participants", participants, 1);
  assert.equal(await post(base, joined), 200);
  await becomes("duplicate", outcome("duplicate"), 1);
  const camera = new TrackInfo({ sid: "TR_1", source: TrackSource.CAMERA });
  assert.equal(await post(base, event("track_published", camera)), 200);
  await becomes("applied", outcome("applied"), 2);
  assert.equal(await post(base, event("room_started")), 200);
  await becomes("ignored", outcome("ignored"), 1);

  // Our calls of the API, as LiveKit reads them.
  await owner.call("POST", `${voice}/token`, { publish_sources: ["microphone"] });
  await becomes("calls", async () => calls.length, 1);
  const permit = calls.shift();
  assert.equal(permit.path, "/twirp/livekit.RoomService/UpdateParticipant");
  const permission = { can_subscribe: false, can_publish: true, can_publish_data: true, can_publish_sources: ["MICROPHONE"] };
  assert.deepEqual(permit.body, { room, identity, permission });
  const admin = await verifier.verify(permit.token.replace("Bearer ", ""));
  assert.deepEqual([admin.iss, admin.video], [KEY, { room, roomAdmin: true }]);
  await owner.call("DELETE", `/guilds/${guild}/channels/${channel}`);
  await becomes("calls", async () => calls.length, 1);
  const removal = calls.shift();
  assert.equal(removal.path, "/twirp/livekit.RoomService/RemoveParticipant");
  assert.deepEqual(removal.body, { room, identity });
  await becomes("participants", participants, 0);
}

const folder = mkdtempSync(join(tmpdir(), "filament-livekit-"));
const api = await standIn();
const { server, base } = await startServer(folder, api.port);
try {
  await check(base, api.calls);
  console.log("LiveKit's SDK accepts what the server signs, and the server what the SDK signs");
} finally {
  server.kill("SIGKILL");
  api.close();
  rmSync(folder, { recursive: true, force: true });
}
