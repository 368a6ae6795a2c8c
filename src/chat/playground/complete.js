// What may follow in the line: a list above it, by arrow keys, Tab and Escape, or by a tap.

import { el, sentence } from "./blocks.js";

const PAUSE = 60;

/**
 * Offers what `ask(text before the caret)` resolves to: `{from, choices: [{value, help, more}], hint}`.
 * The line stays the person's: nothing is chosen unless they choose it.
 */
export function completing(line, box, list, expected, ask) {
  let offers = { from: 0, choices: [], hint: null };
  let active = -1;
  let asked = 0;
  let timer = 0;

  const isOpen = () => line.getAttribute("aria-expanded") === "true";

  function close() {
    asked += 1;
    clearTimeout(timer);
    line.setAttribute("aria-expanded", "false");
    line.removeAttribute("aria-activedescendant");
    box.hidden = true;
    active = -1;
  }

  function draw() {
    list.replaceChildren(...offers.choices.map((it, i) => {
      const option = el("li", "offer", el("code", "", it.value), it.help ? el("span", "", ...sentence(it.help)) : null);
      option.id = "option-" + i;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      // Before the line would lose the focus.
      option.addEventListener("pointerdown", (event) => (event.preventDefault(), accept(i)));
      return option;
    }));
    list.hidden = !offers.choices.length;
    expected.replaceChildren(...sentence(offers.hint || ""));
    expected.hidden = !offers.hint;
    active = -1;
    line.removeAttribute("aria-activedescendant");
    line.setAttribute("aria-expanded", String(offers.choices.length > 0));
    box.hidden = !offers.choices.length && !offers.hint;
    list.scrollTop = 0;
  }

  function mark(to) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = to;
    const option = list.children[active];
    if (!option) return line.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    line.setAttribute("aria-activedescendant", option.id);
  }

  /** Puts the word in the place of the one that is being typed. */
  function accept(index) {
    const { value, more } = offers.choices[index];
    const rest = line.value.slice(line.selectionEnd).replace(more ? /^$/ : /^ /, "");
    const before = line.value.slice(0, offers.from) + value + (more ? "" : " ");
    line.value = before + rest;
    line.setSelectionRange(before.length, before.length);
    look();
  }

  async function look() {
    const mine = ++asked;
    const text = line.value.slice(0, line.selectionStart);
    const found = text.trim() ? await ask(text).catch(() => null) : null;
    if (mine !== asked || document.activeElement !== line) return;
    if (!found) return close();
    const typed = text.slice(found.from);
    // What stands there whole already is no offer.
    offers = { ...found, choices: found.choices.filter((it) => it.value !== typed) };
    draw();
  }

  function typed() {
    clearTimeout(timer);
    asked += 1;
    timer = setTimeout(look, PAUSE);
  }

  /** Whether the key was for the list. */
  function key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape" && !box.hidden) return close(), true;
    if (!isOpen()) return false;
    const last = offers.choices.length - 1;
    if (event.key === "ArrowDown") return mark(active >= last ? 0 : active + 1), true;
    if (event.key === "ArrowUp" && active >= 0) return mark(active - 1), true;
    if (event.key === "ArrowUp") return close(), false;
    // With nothing typed and nothing chosen Tab goes on, as everywhere.
    const begun = line.selectionStart > offers.from;
    if (event.key === "Tab" && !event.shiftKey && (begun || active >= 0)) return accept(Math.max(active, 0)), true;
    if (event.key === "Enter" && active >= 0) return accept(active), true;
    return false;
  }

  line.addEventListener("input", typed);
  line.addEventListener("blur", close);
  line.addEventListener("keydown", (event) => {
    if (!key(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return { close };
}
