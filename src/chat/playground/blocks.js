// Messages as elements: each block of a message, each span of a text. Only textContent, never markup.

let skew = 0;

/** Tells how far the bot's clock is ahead of this machine's. */
export function setNow(now) {
  skew = now - Date.now();
}

/** The bot's time. */
export function now() {
  return Date.now() + skew;
}

/** An element with a class and children (strings become text). */
export function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Only the web's own schemes are ever followed. */
function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

function anchor(url, label, className) {
  const href = webAddress(url);
  if (!href) return el("span", className, label);
  const link = el("a", className, label);
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

const span = {
  plain: (it) => document.createTextNode(it.text),
  code: (it) => el("code", "", it.text),
  strong: (it) => el("strong", "", it.text),
  emphasis: (it) => el("em", "", it.text),
  link: (it) => anchor(it.url, it.label),
};

/**
 * The spans of a text as nodes. How far away an instant is stands behind it, unless
 * a bracket of the sentence's own says so: one that follows, or one around the instant.
 */
export function text(spans) {
  return spans.map((it, i) => {
    const told = spans[i + 1]?.text?.startsWith(" (") || spans[i - 1]?.text?.endsWith("(");
    if (it.kind === "time") return timeElement(it.at, told ? "day" : "far");
    return span[it.kind] ? span[it.kind](it) : document.createTextNode("");
  });
}

/** A sentence of the bot's own, where words between backticks are code. */
export function sentence(words) {
  const pieces = words.split("`");
  if (pieces.length % 2 === 0) return [words];
  return pieces.map((piece, i) => (i % 2 ? el("code", "", piece) : piece)).filter((piece) => piece !== "");
}

const block = {
  section: (it) => el("p", "section", ...text(it.text)),
  context: (it) => el("p", "context", ...text(it.text)),
  divider: () => el("hr", ""),
  log: (it) => focusable(el("pre", "log", it.text), "Output"),
  fields: (it) =>
    el("dl", "fields", ...it.fields.map(([name, value]) => el("div", "", el("dt", "", name), el("dd", "", ...text(value))))),
  table,
  picture,
  file,
  actions: (it, act) => el("div", "actions", ...it.buttons.map((button) => buttonElement(button, act))),
  select,
};

/** All blocks of a message; `act(value, confirm, element)` is called by what is pressed. */
export function blocks(list, act) {
  return list.map((it) => (block[it.block] ? block[it.block](it, act) : null)).filter(Boolean);
}

/** The words of a message for a screen reader. */
export function summary(list) {
  const first = list.find((it) => ["section", "context", "picture"].includes(it.block));
  if (!first) return "";
  return first.block === "picture" ? first.alt : el("p", "", ...text(first.text)).textContent;
}

const fileAddress = (digest) => "/playground/file/" + encodeURIComponent(digest);

/** The one for the background that the reader has; what is opened is what is seen. */
function picture(it) {
  const image = Object.assign(el("img", ""), { src: fileAddress(it.light), alt: it.alt });
  if (it.width && it.height) Object.assign(image, { width: it.width, height: it.height });
  const dark = Object.assign(el("source", ""), { srcset: fileAddress(it.dark), media: "(prefers-color-scheme: dark)" });
  const link = Object.assign(el("a", "picture", el("picture", "", dark, image)), { target: "_blank", rel: "noopener", title: "Open in full size" });
  link.href = fileAddress(it.light);
  for (const event of ["pointerdown", "focus"]) link.addEventListener(event, () => (link.href = image.currentSrc || link.href));
  return link;
}

function file(it) {
  const link = Object.assign(el("a", "button saves", it.name), { href: fileAddress(it.content), download: it.name });
  const size = it.size < 1000 ? `${it.size} bytes` : `${Math.round(it.size / 1000)} kB`;
  return el("p", "file", link, el("span", "", `${it.lines} ${it.lines === 1 ? "line" : "lines"}, ${size}`));
}

function focusable(element, label) {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
  return element;
}

const NUMBER = /^[+−-]?[\d.,  ]+\s*(%|€|s|ms|min|h|d)?$/;

/** Roles are named, because on a phone the look of a table takes away what it means. */
function table(it) {
  const numeric = it.header.map((_, i) => it.rows.length > 0 && it.rows.every((row) => plainly(row[i]).match(NUMBER)));
  const part = (tag, role, className, ...children) => Object.assign(el(tag, className, ...children), { role });
  const head = it.header.map((name, i) => part("th", "columnheader", numeric[i] ? "number" : "", name));
  const cell = (value, i) => {
    const td = part("td", "cell", numeric[i] ? "number" : "", ...text(value));
    td.dataset.column = it.header[i] || "";
    return td;
  };
  const rows = it.rows.map((row) => part("tr", "row", "", ...row.map(cell)));
  const groups = [part("thead", "rowgroup", "", part("tr", "row", "", ...head)), part("tbody", "rowgroup", "", ...rows)];
  return focusable(el("div", "table", part("table", "table", "", ...groups)), "Table: " + it.header.join(", "));
}

function plainly(spans) {
  return (spans || []).map((it) => it.text || it.label || "").join("").trim();
}

function buttonElement(it, act) {
  if (it.url) return anchor(it.url, it.label, "button opens");
  const button = el("button", "button " + (it.style || "default"), it.label);
  button.type = "button";
  button.dataset.value = it.value;
  button.addEventListener("click", () => act(it.value, it.confirm ? { ...it.confirm, style: it.style } : null, button));
  return button;
}

let selects = 0;

/** A choice runs only when it is confirmed, because arrow keys alone change a closed select. */
function select(it, act) {
  const list = el("select", "");
  list.id = "select-" + ++selects;
  list.setAttribute("aria-label", it.placeholder);
  const nothing = el("option", "", it.placeholder);
  nothing.value = "";
  list.append(nothing);
  for (const choice of it.choices) {
    const option = el("option", "", choice.label);
    option.value = choice.value;
    list.append(option);
  }
  const go = el("button", "button", "Choose");
  go.type = "button";
  go.disabled = true;
  go.dataset.value = it.command;
  list.addEventListener("change", () => (go.disabled = !list.value));
  go.addEventListener("click", () => act(`${it.command}:${list.value}:`, null, go));
  return el("div", "actions", list, go);
}

const day = 86_400_000;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dated = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "short" });

/** Whole days from today to that instant, by this reader's calendar. */
function daysFromToday(at) {
  const midnight = (instant) => new Date(instant).setHours(0, 0, 0, 0);
  return Math.round((midnight(at) - midnight(now())) / day);
}

/** "today", "yesterday", "Thu", "22 Nov". */
export function dayName(at) {
  const days = daysFromToday(at);
  if (days === 0) return "today";
  if (days === -1) return "yesterday";
  if (days === 1) return "tomorrow";
  if (Math.abs(days) < 7) return weekday.format(at);
  return new Date(at).getFullYear() === new Date(now()).getFullYear() ? date.format(at) : dated.format(at);
}

function ago(at) {
  const [seconds, sign] = [Math.abs(at - now()) / 1000, at < now() ? -1 : 1];
  if (seconds < 45) return sign < 0 ? "just now" : "in a moment";
  for (const [unit, size, below] of [["minute", 60, 3_600], ["hour", 3_600, 86_400], ["day", 86_400, 30 * 86_400]]) {
    if (seconds < below) return relative.format(sign * Math.max(1, Math.round(seconds / size)), unit);
  }
  return relative.format(sign * Math.round(seconds / (30 * 86_400)), "month");
}

/** An instant in the reader's zone: its "hour" alone, with its "day", or also how "far" it is away. */
export function timeElement(at, detail) {
  const element = el("time", "");
  element.dateTime = new Date(at).toISOString();
  element.title = full.format(at);
  element.dataset.at = at;
  element.dataset.detail = detail;
  refreshTime(element);
  return element;
}

function refreshTime(element) {
  const at = Number(element.dataset.at);
  const { detail } = element.dataset;
  const day = detail === "hour" ? "" : dayName(at) + " ";
  const words = day + clock.format(at) + (detail === "far" ? ` (${ago(at)})` : "");
  if (element.textContent !== words) element.textContent = words;
}

/** How far the bot's clock was moved, "1 day 3 h ahead"; empty when it was not. */
function aheadBy(ms) {
  const hours = Math.round(ms / 3_600_000);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  const parts = [days && `${days} ${days === 1 ? "day" : "days"}`, rest && `${rest} h`].filter(Boolean);
  return parts.length ? parts.join(" ") + " ahead" : "";
}

/** The bot's time in words, "Thu 26 Nov 10:00", and how far it is ahead. */
export function clockWords(ahead) {
  return [`${weekday.format(now())} ${date.format(now())} ${clock.format(now())}`, aheadBy(ahead)];
}

/** Brings every relative time on the page up to date. */
export function refreshTimes() {
  document.querySelectorAll("time[data-at]").forEach(refreshTime);
}
