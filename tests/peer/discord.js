// A Discord that is not ours: node's HTTP server and the `ws` package, written from Discord's reference and
// from nothing of the bot's. The real program connects to it, and somebody walks through what the bot does.
// It does so in several manners, as another implementer would have them, and once with everything that the
// bot sends shown to a judge.
//
//   node tests/peer/discord.js PROGRAM [OPENAPI]    OPENAPI is Discord's own description, which prism judges by
//
// `ws` has to be found by `require`, and `prism` by PATH where there is an OPENAPI.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const { WebSocketServer } = require("ws");

const [program, openapi] = process.argv.slice(2);
const PATIENCE = 30_000;
// Discord waits so long for the first answer.
const FIRST_ANSWER = 3_000;
const [APP, GUILD, CHANNEL, ADA] = ["1111111111111111111", "2222222222222222222", "3333333333333333333", "4444444444444444444"];
const EPOCH = 1_420_070_400_000n;
const NOT_FOUND = [404, { message: "404: Not Found", code: 0 }];

let ids = 0n;
const id = () => (((BigInt(Date.now()) - EPOCH) << 22n) + ++ids).toString();
const bot = { id: APP, username: "goldenpath", discriminator: "0", avatar: null, bot: true };

async function until(what, look, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const found = look();
    if (found) return found;
    assert(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Discord, with these manners: what it lacks or does otherwise than the real one. */
class Peer {
  constructor(manners, judge) {
    Object.assign(this, { manners, judge, messages: new Map(), answers: new Map(), files: [], commands: [] });
    Object.assign(this, { sockets: new Set(), identified: 0, resumed: 0, beats: 0, sequence: 0, unknown: [] });
    const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
    this.privateKey = privateKey;
    this.publicKey = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  }

  async start() {
    this.server = http.createServer((request, response) => this.takes(request, response));
    new WebSocketServer({ server: this.server }).on("connection", (socket) => this.meets(socket));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return this;
  }

  /** Ends everything. */
  stop() {
    this.sockets.forEach((socket) => socket.terminate());
    this.server.close();
    this.server.closeAllConnections();
  }

  async takes(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [status, answer] = this.acts(request, body);
    if (status === 404) this.unknown.push(`${request.method} ${request.url}`);
    this.judge?.(request, body);
    response.writeHead(status, { "content-type": "application/json", ...this.manners.headers });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  }

  /** The status and the answer of a call. */
  acts(request, raw) {
    assert(request.url.startsWith("/api/v10/"), request.url);
    assert(request.headers["user-agent"].startsWith("DiscordBot ("), "Discord refuses who has no name");
    const parts = request.url.slice("/api/v10/".length).split("?")[0].split("/");
    const [method, body] = [request.method, this.read(request, raw)];
    const route = [method, ...parts.map((part) => (/^\d+$/.test(part) ? ":" : part))].join(" ");
    const lacks = this.manners.lacks?.includes(parts.slice(0, 3).map((part) => (/^\d+$/.test(part) ? ":" : part)).join("/"));
    if (lacks) return NOT_FOUND;
    if (parts[0] === "interactions" && parts[3] === "callback") return this.keeps(parts[2], body);
    if (parts[0] === "webhooks" && parts[4] === "@original") return this.keeps(`${parts[2]} original`, body, [200, this.message(CHANNEL, body)]);
    switch (route) {
      case "GET applications @me": return [200, { id: APP, name: "Goldenpath", icon: null, description: "", verify_key: this.publicKey, flags: 0 }];
      case "GET users @me": return [200, bot];
      case "GET users @me guilds": return [200, [{ id: GUILD, name: "Acme", icon: null, owner: false, permissions: "274877959168", features: [] }]];
      case "GET guilds : members :": return [200, { user: { id: parts[3], username: "ada", global_name: "Ada" }, roles: [], nick: null }];
      case "GET guilds : roles": return [200, [{ id: GUILD, name: "@everyone" }]];
      case "GET gateway": return [200, { url: this.gateway() }];
      case "GET gateway bot": return [200, { url: this.gateway(), shards: 1, ...this.manners.limit }];
      case "GET applications : commands": return [200, this.commands];
      case "PUT applications : commands":
        this.commands = body.map((command) => ({ ...command, id: id(), application_id: APP, version: id() }));
        return [200, this.commands];
      case "POST users @me channels": return [200, { id: `5${body.recipient_id.slice(1)}`, type: 1, recipients: [{ id: body.recipient_id }] }];
      case "POST channels : messages": return this.posts(parts[1], body);
      case "PATCH channels : messages :":
        this.messages.set(parts[3], this.message(parts[1], body, parts[3]));
        return [200, this.messages.get(parts[3])];
      default: return NOT_FOUND;
    }
  }

  posts(channel, body) {
    if (this.manners.busy && !this.wasBusy) {
      this.wasBusy = true;
      return [429, { message: "You are being rate limited.", retry_after: this.manners.busy, global: false }];
    }
    const message = this.message(channel, body);
    this.messages.set(message.id, message);
    return [this.manners.created ?? 200, message];
  }

  keeps(token, body, answer = [this.manners.callback ?? 204, this.manners.callback && { interaction: { id: "1", type: 2 } }]) {
    // The first answer counts, as Discord has it.
    if (!this.answers.has(token)) this.answers.set(token, body);
    return answer;
  }

  read(request, raw) {
    if (!(request.headers["content-type"] ?? "").startsWith("multipart/")) return raw.length ? JSON.parse(raw) : {};
    const text = raw.toString("latin1");
    this.files.push(...[...text.matchAll(/name="files\[\d+\]"; filename="([^"]*)"/g)].map((match) => match[1]));
    return JSON.parse(Buffer.from(/name="payload_json"[^]*?\r\n\r\n([^]*?)\r\n--/.exec(text)[1], "latin1"));
  }

  message(channel, body, known = id()) {
    const { content = "", embeds = [], components = [] } = body;
    return { id: known, channel_id: channel, type: 0, author: bot, timestamp: new Date().toISOString(), content, embeds, components, attachments: [] };
  }

  gateway() {
    return `ws://127.0.0.1:${this.port}${this.manners.path ?? ""}`;
  }

  meets(socket) {
    const { interval = 41_250, hello = 0 } = this.manners;
    const greets = () => socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: interval } }));
    if (hello) setTimeout(greets, hello);
    else greets();
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("message", (raw) => {
      const { op, d } = JSON.parse(raw);
      if (op === 1) {
        this.beats += 1;
        socket.send(JSON.stringify({ op: 11 }));
      } else if (op === 2) {
        assert.equal(d.intents, 0, "more than is needed is asked for");
        this.sockets.add(socket);
        this.identified += 1;
        const whole = { v: 10, resume_gateway_url: this.gateway(), application: { id: APP, flags: 0 } };
        const ready = { user: bot, guilds: [{ id: GUILD, unavailable: true }], session_id: `s${this.identified}` };
        this.dispatches("READY", this.manners.bare ? ready : { ...whole, ...ready });
      } else if (op === 6) {
        this.sockets.add(socket);
        this.resumed += 1;
        this.dispatches("RESUMED", {});
      }
    });
  }

  dispatches(t, d) {
    this.sequence += 1;
    this.sockets.forEach((socket) => socket.send(JSON.stringify({ op: 0, s: this.sequence, t, d })));
  }

  /** Brings an interaction over the gateway; its first answer. */
  async brings(interaction) {
    const began = Date.now();
    this.dispatches("INTERACTION_CREATE", interaction);
    const answer = await until(`an answer to ${JSON.stringify(interaction.data)}`, () => this.answers.get(interaction.token));
    assert(Date.now() - began < FIRST_ANSWER, "Discord does not wait so long");
    return answer;
  }

  /** Tries again and again, as a person does while the connection comes back; the answer. */
  async persists(data) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const tried = interaction(2, data);
      this.dispatches("INTERACTION_CREATE", tried);
      try {
        return await until("an answer", () => this.answers.get(tried.token), 1_000);
      } catch {
        // Nobody was there to hear it.
      }
    }
    assert.fail("nobody comes back");
  }

  /** Sends one over HTTP, signed; its answer. */
  async sends(address, interaction) {
    const [body, stamp] = [JSON.stringify(interaction), String(Math.floor(Date.now() / 1000))];
    const signature = crypto.sign(null, Buffer.from(stamp + body), this.privateKey).toString("hex");
    const headers = { "content-type": "application/json", "x-signature-ed25519": signature, "x-signature-timestamp": stamp };
    const response = await fetch(`${address}/discord/interactions`, { method: "POST", headers, body });
    assert.equal(response.status, 200);
    return response.json();
  }
}

/** Something that Ada does in the guild's channel. */
function interaction(type, data, more = {}) {
  const user = { id: ADA, username: "ada", global_name: "Ada", avatar: null, discriminator: "0" };
  const member = { user, roles: [], nick: null, permissions: "2147483647", joined_at: "2024-01-01T00:00:00+00:00", deaf: false, mute: false, flags: 0 };
  const place = { guild_id: GUILD, channel_id: CHANNEL, channel: { id: CHANNEL, type: 0 }, context: 0 };
  const rest = { locale: "en-US", guild_locale: "en-US", app_permissions: "442368", entitlements: [], authorizing_integration_owners: {} };
  const token = crypto.randomBytes(12).toString("base64url");
  return { id: id(), application_id: APP, type, token, version: 1, member, ...place, ...rest, data, ...more };
}

/** The data of a sub-command, perhaps in a group, with these values. */
function command(words, values = {}) {
  const options = Object.entries(values).map(([name, value]) => ({ name, type: 3, value }));
  const inner = { name: words.at(-1), type: 1, options };
  return { id: "9", name: "platform", type: 1, options: words.length > 1 ? [{ name: words[0], type: 2, options: [inner] }] : [inner] };
}

const parts = (message) => message.components.flatMap((row) => row.components);
const press = (message, part) => interaction(3, { id: 2, component_type: 2, custom_id: part.custom_id }, { message });
const words = (value) => JSON.stringify(value);

/** The real program, connected to the peer; its address, what it said, and how it is stopped. */
async function startBot(peer, folder) {
  const env = { PATH: process.env.PATH, HOME: folder, GOLDENPATH_LISTEN: "127.0.0.1:0", GOLDENPATH_DATA: path.join(folder, "data") };
  const discord = { DISCORD_TOKEN: "a.bot.token", DISCORD_PUBLIC_KEY: peer.publicKey, DISCORD_API_URL: `http://127.0.0.1:${peer.port}${peer.manners.base ?? ""}` };
  const child = spawn(path.resolve(program), { cwd: folder, env: { ...env, ...discord }, stdio: ["ignore", "pipe", "pipe"] });
  const running = { said: "", stop: () => new Promise((resolve) => (child.once("exit", resolve), child.kill("SIGTERM"))) };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (running.said += text));
  running.address = await until("the bot runs", () => running.said.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0]);
  return running;
}

/** Somebody asks for help, gets an environment, extends it, says something, and takes a file away. */
async function walk(peer, running) {
  assert.deepEqual(await peer.sends(running.address, { id: "1", application_id: APP, type: 1, token: "x", version: 1 }), { type: 1 });
  await until("the bot identifies", () => peer.identified === 1 && peer.sockets.size === 1);
  if (!peer.manners.lacks?.includes("applications/:/commands")) await until("the commands are written", () => peer.commands[0]?.name === "platform");
  assert.match(words(await peer.brings(interaction(2, command(["help"])))), /\/platform env/);
  const asked = interaction(2, command(["env", "create"], { template: "preview-site", name: "shop" }));
  const first = await peer.brings(asked);
  assert.deepEqual(await peer.sends(running.address, asked), first, "the same once more, the other way");
  const ready = await until("it is ready", () => [...peer.messages.values()].find((it) => it.content.includes("is ready")));
  assert.equal(ready.channel_id, CHANNEL);
  const extend = parts(ready).find((part) => part.label.startsWith("Extend"));
  assert.match(words(await peer.brings(press(ready, extend))), /is yours until/);
  const destroy = parts(ready).find((part) => part.label === "Destroy");
  assert.equal((await peer.brings(press(ready, destroy))).data.flags, 64, "it asks first");
  const modal = await peer.brings(interaction(2, command(["feedback", "give"])));
  assert.equal(modal.type, 9);
  const typed = (part) => ({ ...part, value: part.custom_id.startsWith("flag:") ? "yes" : "The builds are slow." });
  // As newer clients send it, and as older ones do.
  const rows = modal.data.components.map((row) => ({ type: 1, components: row.components.map(typed) }));
  const labels = modal.data.components.flatMap((row) => row.components).map((part) => ({ type: 18, component: typed(part) }));
  for (const components of [rows, labels]) {
    assert.match(words(await peer.brings(interaction(5, { custom_id: modal.data.custom_id, components }))), /Thanks|Kept|inbox|✅/);
  }
  const show = command(["env", "show"], { name: "s" });
  show.options[0].options[0].options[0].focused = true;
  assert.equal((await peer.brings(interaction(4, show))).data.choices[0].value, "shop");
  const exported = interaction(2, command(["privacy", "export"]));
  assert.equal((await peer.brings(exported)).type, 5);
  await until("the file comes in place", () => peer.answers.has(`${exported.token} original`));
  assert.deepEqual(peer.files, ["about-me.json"]);
  peer.sockets.forEach((socket) => socket.terminate());
  assert.match(words(await peer.persists(command(["env", "list"]))), /shop/);
  assert(peer.resumed < 10, "the bot goes round in circles");
  if (peer.manners.interval < 1_000) await until("its heart beats", () => peer.beats > 0);
  assert.equal([...peer.messages.values()].filter((it) => it.channel_id === CHANNEL).length, 1, "one message follows it");
}

const LIMIT = { session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 } };
const MANNERS = {
  "as Discord": { limit: LIMIT },
  "no application, guilds or bot's gateway": { lacks: ["applications/@me", "users/@me/guilds", "gateway/bot"], base: "/api/v10/" },
  "no commands, a bare READY, a file's answer": { lacks: ["applications/:/commands"], bare: true, callback: 200, created: 201, base: "/api" },
  "a short heartbeat, a late HELLO, a query": { interval: 400, hello: 2_000, path: "/?v=10&encoding=json", base: "/" },
  "busy, half of the headers, a HELLO behind all else": { limit: LIMIT, hello: 1, busy: 0.7, headers: { "x-ratelimit-limit": "5", "x-ratelimit-remaining": "4" } },
};

/** Prism, which says what is wrong with a call; how it is asked, and how it is stopped. */
async function startJudge() {
  const port = await new Promise((resolve) => {
    const free = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = free.address();
      free.close(() => resolve(port));
    });
  });
  const child = spawn("prism", ["mock", "--port", String(port), openapi], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  await until("prism listens", () => said.includes("is listening"), 60_000);
  const asked = [];
  const judge = (request, body) => {
    const names = ["authorization", "content-type", "user-agent"].filter((name) => request.headers[name]);
    const headers = Object.fromEntries(names.map((name) => [name, request.headers[name]]));
    const call = { method: request.method, headers, body: request.method === "GET" ? undefined : body };
    const url = `http://127.0.0.1:${port}/${request.url.slice("/api/v10/".length)}`;
    // One after another: it breaks connections when it is hurried.
    const before = asked.at(-1) ?? Promise.resolve();
    asked.push(before.then(() => fetch(url, call)).then(async (response) => {
      assert(response.status < 400, `${request.method} ${request.url} is refused: ${await response.text()}\n${body}`);
    }));
    asked.at(-1).catch(() => {});
  };
  return { judge, all: () => Promise.all(asked), stop: () => child.kill("SIGTERM") };
}

async function main() {
  for (const [name, manners] of Object.entries(MANNERS)) {
    const prism = openapi && name === "as Discord" ? await startJudge() : null;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "goldenpath-peer-"));
    const peer = await new Peer(manners, prism?.judge).start();
    const running = await startBot(peer, folder);
    try {
      await walk(peer, running);
      const judged = prism ? `, ${(await prism.all()).length} calls judged` : "";
      console.log(`${name}: fine, resumed ${peer.resumed}${judged}${peer.unknown.length ? `, without ${[...new Set(peer.unknown)].join(", ")}` : ""}`);
    } catch (error) {
      console.error(`${name}: the bot said\n${running.said}`);
      throw error;
    } finally {
      await running.stop();
      peer.stop();
      prism?.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
