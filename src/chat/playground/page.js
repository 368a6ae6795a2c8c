// The page: who speaks where, what is shown, and the stream of changes that keeps it true.

import { blocks, clockWords, dayName, el, refreshTimes, setNow, summary, timeElement } from "./blocks.js";
import { completing } from "./complete.js";
import { confirmed, openForm } from "./dialogs.js";

const $ = (id) => document.getElementById(id);
const BOT = "bot";
const CHANNEL = "platform";

const TRIES = [
  { line: "template list", says: "See what there is: templates, each a golden path." },
  { line: "env create preview-site demo", says: "Make an environment: a small web page of your own, in seconds." },
  { line: "env list", says: "See what is yours, and until when." },
  { line: "stats", as: "priya", says: "See how the platform does, as Priya, who runs it." },
];

/** What the bot said is there; `messages` by id. */
const state = { me: null, ahead: 0, moves: false, place: CHANNEL, people: [], places: [], messages: new Map(), unread: {}, crowd: {}, cursor: 0 };
const history = { lines: [], at: 0, draft: "" };
const drafts = new Map();
let stream = null;
let loads = 0;
/** Whom the person speaks as, from the moment they say so; `state.me` follows once it is loaded. */
let wanted = null;

// ---- speaking with the bot ----

/** Sends one action, once more with the same key when the connection fails; what has no key only once. */
async function send(path, body, again = true) {
  const whole = { persona: state.me, conversation: state.place, delivery: crypto.randomUUID(), ...body };
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(whole) };
  const once = () => fetch("/playground/" + path, request);
  const response = await once().catch((error) => (again ? pause(800).then(once) : Promise.reject(error))).catch(() => null);
  if (!response) throw new Error("The bot does not answer. It may be restarting; try again in a moment.");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || "The bot refused this. Open the address that it printed at its start.");
  return answer;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function show(answer, where) {
  if (!answer.form) return;
  openForm(answer.form, (values, form = answer.form) =>
    send("submit", { ...where, command: form.command, fixed: form.fixed, values }));
}

async function run(line) {
  stickToEnd = true;
  toEnd();
  const where = { persona: wanted, conversation: state.place === CHANNEL ? CHANNEL : "dm:" + wanted };
  try {
    show(await send("command", { ...where, line }), where);
  } catch (error) {
    toast(error.message);
    if (!$("line").value) $("line").value = line;
  }
}

async function press(message, value, confirm, element) {
  if (element.getAttribute("aria-disabled")) return;
  if (confirm && !(await confirmed(confirm))) return;
  const where = { persona: state.me, conversation: state.place };
  // Not `disabled`: that would take the focus away from where the person is.
  const row = [...element.closest(".actions").querySelectorAll("button")];
  row.forEach((it) => it.setAttribute("aria-disabled", "true"));
  element.setAttribute("aria-busy", "true");
  try {
    show(await send("press", { ...where, message, value }), where);
  } catch (error) {
    toast(error.message);
  } finally {
    row.forEach((it) => it.removeAttribute("aria-disabled"));
    element.removeAttribute("aria-busy");
  }
}

// ---- what changes ----

/** Takes over the state for a persona and listens for what comes after it. */
async function load(persona) {
  const mine = ++loads;
  const response = await fetch("/playground/state?persona=" + encodeURIComponent(persona)).catch(() => null);
  if (mine !== loads) return;
  if (response?.status === 404 && persona !== "ada") return load("ada");
  if (!response?.ok) return offline(response, persona);
  const fresh = await response.json();
  if (mine !== loads) return;
  setNow(fresh.now);
  const direct = state.place !== CHANNEL;
  Object.assign(state, { me: fresh.persona, people: fresh.personas, places: fresh.conversations });
  Object.assign(state, { unread: fresh.unread, crowd: fresh.crowd, cursor: fresh.cursor });
  Object.assign(state, { ahead: fresh.ahead, moves: fresh.moves });
  wanted = state.me;
  state.messages = new Map(fresh.messages.map((it) => [it.id, it]));
  state.place = direct ? state.places.find((it) => it.direct).id : CHANNEL;
  remember("persona", state.me);
  history.lines = fresh.messages.filter((it) => it.author === state.me).map((it) => summary(it.blocks));
  history.at = history.lines.length;
  connected(true);
  drawAll();
  listen();
}

function listen() {
  stream?.close();
  stream = new EventSource(`/playground/events?persona=${encodeURIComponent(state.me)}&after=${state.cursor}`);
  stream.addEventListener("message", (event) => take(JSON.parse(event.data)));
  stream.addEventListener("unread", (event) => ((state.unread = JSON.parse(event.data)), drawSide(), markRead()));
  stream.addEventListener("clock", (event) => takeClock(JSON.parse(event.data)));
  stream.addEventListener("crowd", (event) => ((state.crowd = JSON.parse(event.data)), drawCrowd()));
  stream.addEventListener("open", () => connected(true));
  // The browser connects again by itself unless it was refused: then the whole state is asked for.
  const own = stream;
  stream.addEventListener("error", () => {
    connected(false, "Connecting again …");
    if (own.readyState === EventSource.CLOSED && own === stream) setTimeout(() => own === stream && load(state.me), 2000);
  });
}

function offline(response, persona) {
  const locked = response && response.status === 403;
  connected(false, locked ? "The bot was started anew: open the address that it printed." : "Connecting again …");
  if (!locked) setTimeout(() => load(persona), 2000);
}

function connected(is, words = "") {
  $("offline").textContent = words;
  $("offline").hidden = is;
}

/** A new message, or a newer version of one that is shown. */
function take(message) {
  const before = state.messages.get(message.id);
  if (before && before.changed >= message.changed) return;
  state.cursor = Math.max(state.cursor, message.changed);
  state.messages.set(message.id, message);
  if (message.conversation === state.place) {
    before ? redraw(message) : append(message);
    if (message.author === BOT) announce((before ? "Updated: " : "") + summary(message.blocks));
    markRead();
  }
}

/** The bot's clock was moved: everything that is told of time with it. */
function takeClock(clock) {
  setNow(clock.now);
  if (state.ahead === clock.ahead) return;
  state.ahead = clock.ahead;
  // The names of the days, too.
  drawAll();
}

function announce(words) {
  $("live").textContent = words;
}

let reading = 0;

/** Tells that what stands in the open conversation was seen, when the page is in front. */
async function markRead() {
  const waiting = state.unread.conversations?.[state.place];
  if (!waiting || document.hidden) return;
  const last = Math.max(0, ...shown().map((it) => it.position));
  if (reading >= last) return;
  reading = last;
  await send("read", { position: last }).catch(() => (reading = 0));
}

// ---- drawing ----

let stickToEnd = true;

function shown() {
  return [...state.messages.values()].filter((it) => it.conversation === state.place).sort((a, b) => a.position - b.position);
}

function nameOf(user) {
  return user === BOT ? "Goldenpath" : state.people.find((it) => it.user === user)?.name || user;
}

/** Draws all of it anew, with the focus kept where the person had it. */
function drawAll() {
  const item = document.activeElement?.closest?.(".message");
  const among = (message) => [...message.querySelectorAll("a, button, select, [tabindex]")];
  const at = item ? among(item).indexOf(document.activeElement) : -1;
  drawWhole();
  const again = item && elementOf(item.dataset.id);
  if (again) (among(again)[at] || again).focus();
}

function drawWhole() {
  drawSide();
  drawCrowd();
  drawClock();
  $("welcome").hidden = state.place !== CHANNEL;
  $("messages").replaceChildren();
  let last = null;
  for (const message of shown()) {
    $("messages").append(...rowsFor(message, last));
    last = message;
  }
  const place = state.places.find((it) => it.id === state.place);
  $("title").textContent = place.direct ? "Goldenpath" : place.name;
  $("topic").textContent = place.direct ? `Direct messages between ${nameOf(state.me)} and the bot` : "Everybody is here; answers for one person are shown to that person";
  $("messages").setAttribute("aria-label", "Messages in " + place.name);
  $("nothing").textContent = `Nothing here yet. The bot writes to ${nameOf(state.me)} here, and what is typed here stays between the two.`;
  $("nothing").hidden = !place.direct || last !== null;
  $("line").placeholder = "try help";
  document.title = `${place.name} · ${nameOf(state.me)} · Goldenpath playground`;
  stickToEnd = true;
  toEnd();
  markRead();
}

/** The message, below the name of its day when it is the first of that day. */
function rowsFor(message, before) {
  const days = (it) => it && new Date(it.at).toDateString();
  const first = days(message) !== days(before);
  const name = dayName(message.at);
  const day = el("li", "day", el("span", "", name[0].toUpperCase() + name.slice(1)));
  return first ? [day, messageElement(message)] : [messageElement(message)];
}

function messageElement(message) {
  const mine = message.author !== BOT;
  const item = el("li", "message" + (mine ? " line" : " bot") + (message.private && !mine ? " private" : ""));
  item.dataset.id = message.id;
  item.dataset.version = message.version;
  item.tabIndex = -1;
  const who = el("span", "who", nameOf(message.author));
  const head = el("p", "head", who, mine ? null : el("span", "tag", "bot"), timeElement(message.at, "hour"));
  if (message.private && !mine) head.append(el("span", "only", "Only you can see this"));
  const act = (value, confirm, element) => press(message.id, value, confirm, element);
  const body = mine ? [el("p", "said", el("code", "", summary(message.blocks)))] : blocks(message.blocks, act);
  item.append(avatar(message.author), el("div", "body", head, ...body));
  return item;
}

function avatar(user) {
  const face = el("span", "avatar" + (user === BOT ? " mark" : ""), user === BOT ? "" : nameOf(user)[0]);
  face.setAttribute("aria-hidden", "true");
  return face;
}

function append(message) {
  $("nothing").hidden = true;
  const all = shown();
  const i = all.findIndex((it) => it.id === message.id);
  // A line that was its author's alone may turn up late, when its answer is for everybody.
  const next = all[i + 1] && elementOf(all[i + 1].id);
  const stays = atEnd();
  const rows = next ? [messageElement(message)] : rowsFor(message, all[i - 1]);
  rows.forEach((row) => $("messages").insertBefore(row, next || null));
  stickToEnd = stays;
  toEnd();
  if (!stays) $("newer").hidden = false;
}

function elementOf(id) {
  return $("messages").querySelector(`[data-id="${CSS.escape(id)}"]`);
}

/** In place, with the focus kept where the person had it. */
function redraw(message) {
  const old = elementOf(message.id);
  if (!old) return drawAll();
  stickToEnd = atEnd();
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.value : null;
  const fresh = messageElement(message);
  if (old.dataset.version !== fresh.dataset.version) fresh.classList.add("changed");
  old.replaceWith(fresh);
  if (focused !== null) (focused && fresh.querySelector(`[data-value="${CSS.escape(focused)}"]`) || fresh).focus();
  toEnd();
}

function atEnd() {
  const box = $("scroll");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
}

function toEnd() {
  if (stickToEnd) $("newer").hidden = true;
  if (stickToEnd) $("scroll").scrollTop = $("scroll").scrollHeight;
}

function rowButton(label, current, waiting, action, ...inside) {
  const button = el("button", "row", ...inside);
  button.type = "button";
  if (current) button.setAttribute("aria-current", "true");
  if (waiting) button.append(el("span", "count", String(waiting), el("span", "unseen", " unread")));
  button.addEventListener("click", action);
  button.dataset.row = label;
  return el("li", "", button);
}

function drawSide() {
  const focused = document.activeElement?.dataset?.row;
  $("conversations").replaceChildren(...state.places.map((place) => {
    const waiting = place.id === state.place ? 0 : state.unread.conversations?.[place.id];
    const sign = el("span", "sign", place.direct ? "" : "#");
    const name = place.direct ? [avatar(BOT), el("span", "name", place.name)] : [sign, el("span", "name", place.name.slice(1))];
    return rowButton("to " + place.id, place.id === state.place, waiting, () => go(place.id), ...name);
  }));
  const person = (it) => {
    const waiting = it.user === state.me ? 0 : state.unread.personas?.[it.user];
    const role = el("span", "role", it.role === "pm" ? "PM" : it.role);
    return rowButton("as " + it.user, it.user === state.me, waiting, () => become(it.user), avatar(it.user), el("span", "name", it.name), role);
  };
  $("people").replaceChildren(...state.people.filter((it) => !it.crowd).map(person));
  $("crowd-rows").replaceChildren(...state.people.filter((it) => it.crowd).map(person));
  if (state.people.some((it) => it.crowd && it.user === state.me)) $("crowd-people").open = true;
  $("me-avatar").textContent = nameOf(state.me)[0];
  $("me-name").textContent = nameOf(state.me);
  $("menu-dot").hidden = !document.querySelector(".side .count");
  if (focused) document.querySelector(`[data-row="${CSS.escape(focused)}"]`)?.focus();
}

function drawCrowd() {
  $("ask-crowd").disabled = Boolean(state.crowd.running);
  $("ask-crowd").textContent = state.crowd.running ? "The crowd is at work" : "Ask the crowd";
  $("crowd-line").textContent = state.crowd.line || "";
}

function drawClock() {
  const [words, ahead] = clockWords(state.ahead);
  $("clock").hidden = !state.moves;
  const now = ahead ? `${words}, ${ahead}` : words;
  if ($("now").textContent !== now) $("now").textContent = now;
  $("ahead").textContent = ahead;
  $("ahead").hidden = !ahead;
}

/** Once: what stands there does not change. */
function drawWelcome() {
  const cards = TRIES.map((it) => {
    const card = el("button", "try", el("code", "", "/platform " + it.line), el("span", "", it.says));
    card.type = "button";
    card.addEventListener("click", () => tryOut(it));
    return el("li", "", card);
  });
  const sentence = "This is a chat with Goldenpath, the bot that runs a company's internal platform. What you do here really runs; no chat account is needed.";
  $("welcome").replaceChildren(el("h2", "", "Type a command, or start with one of these"), el("p", "", sentence), el("ul", "tries", ...cards));
}

// ---- what the person does ----

async function tryOut(it) {
  if (it.as && it.as !== wanted) become(it.as);
  record(it.line);
  $("line").focus();
  await run(it.line);
}

const draftOf = (user, place) => user + " in " + (place === CHANNEL ? "the channel" : "direct");

/** Puts the line away that was begun here, and takes out the one that was begun there. */
function turnTo(user, place) {
  drafts.set(draftOf(wanted, state.place), $("line").value);
  $("line").value = drafts.get(draftOf(user, place)) || "";
  offers.close();
}

function go(place) {
  turnTo(wanted, place);
  state.place = place;
  reading = 0;
  remember("place", place === CHANNEL ? "channel" : "direct");
  drawAll();
  closeMenu();
  $("line").focus();
}

/** From here on what is typed and sent is theirs; what they see follows once it is loaded. */
async function become(user) {
  turnTo(user, state.place);
  wanted = user;
  reading = 0;
  closeMenu();
  $("line").focus();
  await load(user);
  announce("You speak as " + nameOf(state.me));
}

function record(line) {
  const whole = "/platform " + line.replace(/^\/platform\b\s*/, "");
  if (history.lines.at(-1) !== whole) history.lines.push(whole);
  history.at = history.lines.length;
}

function recall(step) {
  const to = history.at + step;
  if (to < 0 || to > history.lines.length) return;
  if (history.at === history.lines.length) history.draft = $("line").value;
  history.at = to;
  const line = to === history.lines.length ? history.draft : history.lines[to].replace(/^\/platform\s*/, "");
  $("line").value = line;
  $("line").setSelectionRange(line.length, line.length);
}

let toasting = 0;

function toast(words) {
  $("toast").textContent = words;
  $("toast").hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => ($("toast").hidden = true), 8000);
}

function remember(name, value) {
  try {
    sessionStorage.setItem("playground." + name, value);
  } catch {
    // Without storage the page starts as Ada, which is fine.
  }
}

function recalled(name) {
  try {
    return sessionStorage.getItem("playground." + name);
  } catch {
    return null;
  }
}

function menu(open) {
  document.body.classList.toggle("menu-open", open);
  $("menu").setAttribute("aria-expanded", String(open));
  if (open) $("conversations").querySelector("button")?.focus();
}

function closeMenu() {
  if (document.body.classList.contains("menu-open")) menu(false);
}

async function moveClock(by) {
  const buttons = [...document.querySelectorAll("[data-jump]")];
  buttons.forEach((it) => it.setAttribute("aria-busy", "true"));
  try {
    takeClock(await send("clock", { by }, false));
  } catch (error) {
    toast(error.message);
  } finally {
    buttons.forEach((it) => it.removeAttribute("aria-busy"));
  }
}

async function complete(line) {
  const query = new URLSearchParams({ persona: wanted, line });
  const response = await fetch("/playground/complete?" + query);
  if (!response.ok) throw new Error("nothing to offer");
  return response.json();
}

let offers = null;

function onKey(event) {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    $("line").focus();
  }
  if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
    menu(false);
    $("menu").focus();
  }
}

function start() {
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const line = $("line").value.trim();
    $("line").value = "";
    offers.close();
    record(line || "help");
    run(line || "help");
  });
  offers = completing($("line"), $("offers"), $("options"), $("expected"), complete);
  $("line").addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.isComposing) return;
    event.preventDefault();
    recall(step);
  });
  $("scroll").addEventListener("scroll", () => {
    stickToEnd = atEnd();
    if (stickToEnd) $("newer").hidden = true;
  });
  // A phone's keyboard takes away half of the height.
  new ResizeObserver(toEnd).observe($("scroll"));
  $("newer").addEventListener("click", () => ((stickToEnd = true), toEnd(), $("line").focus()));
  $("menu").addEventListener("click", () => menu(!document.body.classList.contains("menu-open")));
  document.querySelectorAll("[data-jump]").forEach((it) => it.addEventListener("click", () => moveClock(it.dataset.jump)));
  $("ask-crowd").addEventListener("click", () => send("crowd", {}).catch((error) => toast(error.message)));
  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", markRead);
  document.addEventListener("click", (event) => {
    if (document.body.classList.contains("menu-open") && !event.target.closest(".side, .menu")) closeMenu();
  });
  setInterval(() => (refreshTimes(), state.me && drawClock()), 20_000);
  if (recalled("place") === "direct") state.place = "dm";
  drawWelcome();
  wanted = recalled("persona") || "ada";
  load(wanted).then(() => $("line").focus());
}

start();
