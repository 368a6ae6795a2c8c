// A person's way through the playground in a real browser: make an environment, open it, answer
// the survey, ask the crowd, read the stats, move the clock; by mouse, by keyboard, on a phone, in
// the dark.
//
//   node tests/browser/walk.js PROGRAM [FOLDER]    FOLDER takes screenshots
//
// `playwright-core` and `axe-core` have to be found by `require`; CHROMIUM names the browser.
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const axe = require("axe-core").source;
const { chromium } = require("playwright-core");

const [program, pictures] = process.argv.slice(2);
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
// Nothing but the pages is asked for anything.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
const PATIENCE = 30_000;

/** The real program with a fresh data folder; its address, and how it is stopped. */
async function startBot(folder) {
  const env = { PATH: process.env.PATH, HOME: folder, GOLDENPATH_LISTEN: "127.0.0.1:0", GOLDENPATH_DATA: path.join(folder, "data") };
  const bot = spawn(path.resolve(program), { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => bot.once("exit", resolve));
  let said = "";
  const address = new Promise((resolve, reject) => {
    bot.stdout.on("data", (text) => {
      said += text;
      const found = said.match(/http:\/\/[\d.:]+\/playground\?token=\S+/);
      if (found) resolve(found[0]);
    });
    ended.then(() => reject(new Error("the bot ended: " + said)));
  });
  address.catch(() => {});
  return { address, stop: () => (bot.kill("SIGTERM"), ended) };
}

/** A page of which every error, warning and refused request is kept. */
async function openPage(browser, address, options, wrong) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("console", (it) => ["error", "warning"].includes(it.type()) && wrong.push(`console: ${it.text()}`));
  page.on("pageerror", (error) => wrong.push(`page: ${error}`));
  page.on("response", (it) => it.status() >= 400 && wrong.push(`${it.status()} for ${it.url()}`));
  page.on("requestfailed", (it) => !it.url().includes("/events") && wrong.push(`failed: ${it.url()}`));
  await page.goto(address);
  await page.locator("#line:focus").waitFor();
  return page;
}

const message = (page, words) => page.locator(".message.bot", { hasText: words }).last();

/** Goes to a conversation or speaks as somebody; the line then has the focus. */
async function turns(page, label) {
  await page.locator(`.row[data-row="${label}"]`).click();
  await page.locator("#line:focus").waitFor();
}

async function types(page, line) {
  await page.locator("#line").fill(line);
  await page.keyboard.press("Enter");
}

/** Nothing has to be scrolled sideways. */
async function fits(page) {
  const boxes = () => [document.documentElement, ...document.querySelectorAll(".table, .column")];
  const wide = await page.evaluate(`(${boxes})().filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.className)`);
  assert.deepEqual(wide, []);
}

/** What a check for accessibility has to say: nothing. */
async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map((it) => `${it.id} (${it.help}): ${it.nodes.map((node) => node.target).join(", ")}`);
  assert.deepEqual(told, []);
}

async function look(page, name) {
  await fits(page);
  await accessible(page);
  if (pictures) await page.screenshot({ path: path.join(pictures, name + ".png") });
}

async function makesAnEnvironment(page) {
  await look(page, "welcome");
  await types(page, "env create preview-site demo");
  const ready = message(page, "demo is ready");
  const [site] = await Promise.all([page.waitForEvent("popup"), ready.getByRole("link", { name: "Open" }).click()]);
  await site.getByRole("heading", { name: "demo" }).waitFor();
  await site.close();
  await look(page, "ready");
}

async function answersTheSurvey(page) {
  await page.locator('.row[data-row="to dm:ada"] .count').waitFor();
  await turns(page, "to dm:ada");
  const prompt = message(page, "How did getting demo");
  await look(page, "survey");
  await prompt.getByRole("button", { name: "Well", exact: true }).click();
  await message(page, "Recorded").waitFor();
  await prompt.getByRole("button", { name: "Very well" }).click();
  await look(page, "answered");
}

async function asksTheCrowd(page) {
  await turns(page, "to platform");
  await page.getByRole("button", { name: "Ask the crowd" }).click();
  await page.locator("#crowd-line", { hasText: "8 answered" }).waitFor({ timeout: 3 * PATIENCE });
}

async function readsTheStats(page) {
  await turns(page, "as priya");
  await types(page, "stats");
  const stats = message(page, "Satisfaction");
  await stats.waitFor();
  assert.match(await stats.innerText(), /n = 5 · 9 of \d+ asked/, "an open round is told in steps");
  await look(page, "stats");
}

/** The same page without a mouse. */
async function worksByKeyboard(page) {
  const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.id);
  await turns(page, "as ada");
  await types(page, "env list");
  await message(page, "demo").waitFor();
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.locator("#line").inputValue(), "env list");
  await page.locator("#line").fill("");
  await types(page, "env show demo");
  const shown = message(page, "demo");
  await shown.getByRole("button", { name: "Destroy" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("dialog[open]").waitFor();
  assert.equal(await focused(), "Cancel");
  await look(page, "confirm");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "Destroy");
  await page.keyboard.press("/");
  assert.equal(await focused(), "line");
}

/** The line is completed without a mouse, and never against the person's will. */
async function completesTheLine(page) {
  const line = page.locator("#line");
  const value = () => line.inputValue();
  const offers = page.locator("#options [role=option]");
  await turns(page, "to platform");
  await line.pressSequentially("env cr");
  await offers.first().waitFor();
  await look(page, "offers");
  await page.keyboard.press("Tab");
  assert.equal(await value(), "env create ");
  await page.locator("#options", { hasText: "preview-site" }).waitFor();
  await page.keyboard.press("ArrowDown");
  const active = await line.getAttribute("aria-activedescendant");
  assert.equal(await page.locator("#" + active).getAttribute("aria-selected"), "true");
  await look(page, "offers-chosen");
  await page.keyboard.press("Enter");
  assert.match(await value(), /^env create \S+ $/);
  await page.locator("#expected", { hasText: "NAME" }).waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#offers").isVisible(), false);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "send", "nobody is caught in the line");
  await line.fill("");
}

/** What is typed in the moment of turning to somebody else is theirs, and not lost. */
async function turnsWhileTyping(page) {
  await turns(page, "as ben");
  await page.locator("#line").fill("half a line of Ben's");
  const held = new Promise((resolve) => page.route("**/playground/state**", resolve, { times: 1 }));
  await page.locator('.row[data-row="as grace"]').click();
  await page.locator("#line:focus").waitFor();
  await types(page, "env list");
  await page.locator("#line").pressSequentially("help e");
  await (await held).continue();
  await page.locator("#me-name", { hasText: "Grace" }).waitFor({ state: "attached" });
  await message(page, "You have no environments").waitFor();
  assert.equal(await page.locator("#line").inputValue(), "help e");
  await turns(page, "as ben");
  assert.equal(await page.locator("#line").inputValue(), "half a line of Ben's");
  await page.locator("#line").fill("");
  await turns(page, "as grace");
  await page.locator("#line").fill("");
}

/** Days pass in seconds: the warning of an environment comes, and its button works. */
async function movesTheClock(page) {
  await turns(page, "as ada");
  for (const ahead of ["1 day ahead", "2 days ahead", "3 days ahead"]) {
    await page.getByRole("button", { name: "+1 day" }).click();
    await page.locator("#now", { hasText: ahead }).waitFor();
    await page.locator("#ahead", { hasText: ahead }).waitFor();
  }
  await turns(page, "to dm:ada");
  // Its end has passed, but nobody was told before.
  const warned = message(page, "demo goes in");
  await warned.waitFor();
  await look(page, "warned");
  await warned.getByRole("button", { name: "Extend by" }).click();
  await message(page, "demo stays until").waitFor();
}

/** Weeks pass: the monthly question comes to some of them, and is answered. */
async function answersTheNextSurvey(page) {
  await page.locator("#crowd-people").evaluate((it) => (it.open = true));
  const waiting = page.locator('.row[data-row^="as "]', { has: page.locator(".count") });
  const asked = message(page, "how satisfied are you with the platform");
  for (let jump = 0; jump < 20; jump += 1) {
    await page.getByRole("button", { name: "To the next survey" }).click();
    await page.locator(".jumps:not(:has([aria-busy]))").waitFor();
    for (let looks = 0; looks < 30 && (await waiting.count()); looks += 1) {
      const user = (await waiting.first().getAttribute("data-row")).slice(3);
      await turns(page, "as " + user);
      await page.locator(`#conversations [data-row="to dm:${user}"]`).click();
      await page.locator("#title", { hasText: "Goldenpath" }).waitFor();
      await page.locator(`.row[data-row="as ${user}"] .count`).waitFor({ state: "detached" });
      if (!(await asked.count())) continue;
      await look(page, "asked-later");
      await asked.getByRole("button", { name: "Satisfied", exact: true }).click();
      await message(page, "Recorded").waitFor();
      return;
    }
  }
  assert.fail("nobody was asked");
}

async function asksByAForm(page) {
  await types(page, "env create rust-service");
  await page.locator("dialog[open] input").first().waitFor();
  await look(page, "form");
  await page.keyboard.press("Enter");
  await page.locator("dialog .wrong:visible").first().waitFor();
  await look(page, "form-refused");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
}

async function fitsAPhone(page) {
  await look(page, "phone");
  await types(page, "help");
  await message(page, "env create").waitFor();
  await look(page, "phone-help");
  await types(page, "env list");
  await message(page, "Show one").waitFor();
  await look(page, "phone-list");
  await page.locator("#menu").click();
  await page.waitForFunction(() => document.querySelector(".side").getBoundingClientRect().left === 0);
  await look(page, "phone-menu");
  await turns(page, "to dm:ada");
  await message(page, "Recorded").waitFor();
  await look(page, "phone-survey");
}

async function done(step, page) {
  try {
    await step(page);
    console.log(step.name);
  } catch (error) {
    console.error(await page.locator("main").innerText());
    throw error;
  }
}

async function walk(address, browser, wrong) {
  const page = await openPage(browser, address, {}, wrong);
  const steps = [makesAnEnvironment, answersTheSurvey, asksTheCrowd, readsTheStats, worksByKeyboard, completesTheLine,
    asksByAForm, turnsWhileTyping, movesTheClock];
  for (const step of steps) await done(step, page);
  const dark = await openPage(browser, address, { colorScheme: "dark" }, wrong);
  await message(dark, "demo").waitFor();
  await look(dark, "dark");
  const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
  await done(fitsAPhone, await openPage(browser, address, { ...phone, colorScheme: "dark" }, wrong));
  // Last, because weeks pass, and with them the environments.
  await done(answersTheNextSurvey, page);
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "walk-"));
  const bot = await startBot(folder);
  const wrong = [];
  let browser;
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    await walk(await bot.address, browser, wrong);
    assert.deepEqual(wrong, []);
  } finally {
    await browser?.close();
    await bot.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
