// Dialogs: "are you sure", and forms whose refusals are shown at their fields.

import { el, sentence } from "./blocks.js";

function dialog(className, title) {
  const box = el("dialog", className);
  const heading = el("h2", "", title);
  heading.id = "dialog-title";
  box.setAttribute("aria-labelledby", heading.id);
  box.append(heading);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  return box;
}

function button(label, className, type = "button") {
  return Object.assign(el("button", "button " + className, label), { type });
}

/** Resolves to whether the person went on; the safe button has the focus. */
export function confirmed(question) {
  const box = dialog("confirm", question.title);
  const cancel = button("Cancel", "");
  const go = button(question.confirm, question.style === "danger" ? "danger solid" : "primary");
  box.append(el("p", "", question.text), el("div", "ends", cancel, go));
  return new Promise((resolve) => {
    box.addEventListener("close", () => resolve(box.returnValue === "go"));
    cancel.addEventListener("click", () => box.close());
    go.addEventListener("click", () => box.close("go"));
    box.showModal();
    cancel.focus();
  });
}

const control = {
  text: (field) => (field.kind.multiline ? Object.assign(el("textarea", ""), { rows: 4 }) : typed("text")),
  number: (field) => Object.assign(typed("text"), { inputMode: field.kind.whole ? "numeric" : "decimal" }),
  choice: (field) => {
    const list = el("select", "");
    if (!field.required || !field.value) list.append(option("", "–"));
    list.append(...field.kind.choices.map((choice) => option(choice.value, choice.label)));
    return list;
  },
  flag: () => typed("checkbox"),
};
control.lookup = control.choice;

function typed(type) {
  return Object.assign(el("input", ""), { type });
}

function option(value, label) {
  return Object.assign(el("option", "", label), { value });
}

function listed(value) {
  try {
    const list = JSON.parse(value || "[]");
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return value ? [value] : [];
  }
}

/** One field: its element, its value as text (or undefined), and where its refusal goes. */
function fieldOf(field, index) {
  const id = `field-${index}`;
  const help = field.help ? Object.assign(el("p", "help", ...sentence(field.help)), { id: id + "-help" }) : null;
  const wrong = Object.assign(el("p", "wrong"), { id: id + "-wrong", hidden: true });
  const described = [help?.id, wrong.id].filter(Boolean).join(" ");
  const mark = field.required ? null : el("span", "optional", "optional");
  const built = field.kind.kind === "multiple" ? multiple(field, id, mark) : single(field, id, mark);
  built.focus.setAttribute("aria-describedby", described);
  built.row.append(...[help, wrong].filter(Boolean));
  const refuse = (why) => {
    wrong.replaceChildren(...sentence(why || ""));
    wrong.hidden = !why;
    built.focus.setAttribute("aria-invalid", why ? "true" : "false");
  };
  return { ...field, row: built.row, read: built.read, focus: () => built.focus.focus(), refuse };
}

function single(field, id, mark) {
  const input = (control[field.kind.kind] || control.text)(field);
  input.id = id;
  const label = Object.assign(el("label", "", field.label), { htmlFor: id });
  if (field.kind.kind === "flag") {
    input.checked = field.value === "true";
    return { row: el("div", "field flag", el("div", "check", input, label)), focus: input, read: () => String(input.checked) };
  }
  if (field.value !== null && field.value !== undefined) input.value = field.value;
  if (field.required) input.required = true;
  return { row: el("div", "field", el("div", "name", label, mark), input), focus: input, read: () => input.value.trim() || undefined };
}

function multiple(field, id, mark) {
  const chosen = listed(field.value);
  const boxes = field.kind.choices.map((choice, i) => {
    const box = Object.assign(typed("checkbox"), { id: `${id}-${i}`, value: choice.value });
    box.checked = chosen.includes(choice.value);
    const label = Object.assign(el("label", "", choice.label), { htmlFor: box.id });
    return { box, row: el("div", "check", box, label) };
  });
  const legend = el("legend", "name", el("span", "", field.label), mark);
  const row = el("fieldset", "field", legend, ...boxes.map(({ row }) => row));
  const focus = boxes.length ? boxes[0].box : row;
  const read = () => {
    const values = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    return values.length ? JSON.stringify(values) : undefined;
  };
  return { row, focus, read };
}

function missing(fields) {
  const empty = fields.filter((field) => field.required && field.read() === undefined);
  return Object.fromEntries(empty.map((field) => [field.name, "This is needed."]));
}

function refuse(fields, whole, refused) {
  fields.forEach((field) => field.refuse(refused[field.name]));
  const known = new Set(fields.map((field) => field.name));
  const rest = Object.entries(refused).filter(([name]) => !known.has(name));
  whole.replaceChildren(...sentence(rest.map(([name, why]) => (name ? `${name}: ${why}` : why)).join(" ")));
  whole.hidden = rest.length === 0;
  fields.find((field) => refused[field.name])?.focus();
}

/**
 * Opens a form. `send(values)` resolves to `{done}`, `{form}` (the next page) or
 * `{refused}` (field → sentence); the dialog stays open on a refusal and on a fault.
 */
export function openForm(form, send) {
  const box = dialog("form", form.title);
  const fields = form.fields.map(fieldOf);
  const whole = Object.assign(el("p", "wrong whole"), { hidden: true });
  whole.setAttribute("role", "alert");
  const cancel = button("Cancel", "");
  const go = button(form.submit, "primary", "submit");
  const body = el("form", "", form.intro ? el("p", "intro", ...sentence(form.intro)) : null, ...fields.map((f) => f.row), whole, el("div", "ends", cancel, go));
  body.noValidate = true;
  box.append(body);
  cancel.addEventListener("click", () => box.close());
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    const empty = missing(fields);
    refuse(fields, whole, empty);
    if (Object.keys(empty).length || go.disabled) return;
    go.disabled = true;
    go.setAttribute("aria-busy", "true");
    const read = fields.map((field) => [field.name, field.read()]).filter(([, value]) => value !== undefined);
    const answer = await send(Object.fromEntries(read)).catch((error) => ({ refused: { "": error.message } }));
    go.disabled = false;
    go.removeAttribute("aria-busy");
    if (answer.refused) return refuse(fields, whole, answer.refused);
    box.close();
    if (answer.form) openForm(answer.form, (values, form = answer.form) => send(values, form));
  });
  box.showModal();
  (fields.find((field) => !field.value) || fields[0])?.focus();
}
