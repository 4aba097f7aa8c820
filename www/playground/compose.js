// @ts-check
/** The form in which a scenario is composed. */
import { byId, el } from "../switchboard/dom.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Fault} Fault */
/** @typedef {import("lastgood-playground").Problem} Problem */

/** @type {[string, string][]} */
const KINDS = [
  ["status", "answers with a status"],
  ["refused", "refuses the connection"],
  ["reset", "resets the connection"],
  ["hang", "never answers"],
  ["slow", "is slow"],
  ["cut", "cuts the page off"],
  ["disguised", "sends an error as 200"],
];

/** @type {{ name: keyof Fault, label: string, placeholder: string, of?: string[] }[]} */
const FIELDS = [
  { name: "status", label: "Status", placeholder: "502", of: ["status"] },
  {
    name: "retry_after",
    label: "Retry-After",
    placeholder: "none",
    of: ["status"],
  },
  { name: "from", label: "From", placeholder: "0s" },
  { name: "to", label: "To", placeholder: "the end" },
  { name: "share", label: "Share, %", placeholder: "100" },
  {
    name: "after",
    label: "After",
    placeholder: "20ms",
    of: ["status", "reset", "slow", "refused"],
  },
  { name: "origin", label: "Origin, from 0", placeholder: "all" },
];

const form = /** @type {HTMLFormElement} */ (byId("compose"));

/** Writes a state into the form. @param {State} state */
export function fill(state) {
  for (const [name, value] of Object.entries(state)) {
    const input = form.elements.namedItem(name);
    if (name !== "faults" && input instanceof Element)
      /** @type {HTMLInputElement} */ (input).value = String(value);
  }
  byId("faults").replaceChildren(...state.faults.map(faultRow));
  number();
}

/** Reads the state that the form is in. @returns {State} */
export function read() {
  const told = Object.fromEntries(
    [...new FormData(form)].map(([name, value]) => [
      name,
      String(value).replaceAll("\r\n", "\n"),
    ]),
  );
  const rows = [...byId("faults").children];
  return /** @type {State} */ ({ ...told, faults: rows.map(readFault) });
}

/** @param {Element} row @returns {Fault} */
function readFault(row) {
  const inputs = row.querySelectorAll("input, select");
  const told = [...inputs].map((input) => {
    const { name, value } = /** @type {HTMLInputElement} */ (input);
    return [name.replace("fault-", ""), value];
  });
  const filled = told.filter(([name, value]) => value || name === "what");
  const fault = Object.fromEntries(filled);
  const kept = FIELDS.filter(({ of }) => of && !of.includes(fault.what));
  for (const { name } of kept) delete fault[name];
  return fault;
}

/** @param {Fault} fault */
function faultRow(fault) {
  const kinds = KINDS.map(([value, label]) =>
    el("option", { value, selected: value === fault.what }, label),
  );
  const what = el(
    "label",
    { class: "what" },
    "The origin ",
    el("select", { name: "fault-what" }, ...kinds),
  );
  const inputs = FIELDS.map(({ name, label, placeholder, of }) =>
    el(
      "label",
      { "data-of": of?.join(" ") },
      `${label} `,
      el("input", {
        name: `fault-${name}`,
        value: fault[name] ?? "",
        placeholder,
        spellcheck: "false",
      }),
    ),
  );
  const remove = el("button", { type: "button", class: "quiet" }, "Remove");
  const row = el("fieldset", { class: "fault" }, what, ...inputs, remove);
  remove.addEventListener("click", () => {
    row.remove();
    number();
    byId("add").focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return row;
}

/** What the core names is found by its place; what does not apply is out of sight. */
function number() {
  for (const [index, row] of [...byId("faults").children].entries()) {
    row.setAttribute("aria-label", `Misbehaviour ${index + 1}`);
    row
      .querySelector("button")
      ?.setAttribute("aria-label", `Remove misbehaviour ${index + 1}`);
    const kind = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
    for (const input of row.querySelectorAll("input, select")) {
      const name = input.getAttribute("name")?.replace("fault-", "");
      input.setAttribute("data-field", `faults[${index}].${name}`);
    }
    for (const label of row.querySelectorAll("label"))
      label.hidden = !(label.dataset.of ?? kind.value)
        .split(" ")
        .includes(kind.value);
  }
}

/**
 * Says what could not be taken, and marks where it stands.
 * @param {Problem[]} problems
 * @param {string} [wrong] why the settings are no TOML
 */
export function complain(problems, wrong) {
  const items = problems.map(({ field, value, remedy }) =>
    el(
      "li",
      {},
      el("code", {}, field),
      " = ",
      el("code", {}, value),
      `: use ${remedy}`,
    ),
  );
  if (wrong) items.unshift(el("li", {}, wrong));
  byId("problems").replaceChildren(...items);
  for (const input of form.querySelectorAll("[data-field]")) {
    const own = (input.getAttribute("data-field") ?? "").split(" ");
    const named = problems.some(({ field }) =>
      own.some(
        (name) =>
          field === name ||
          field.startsWith(`${name}.`) ||
          field.startsWith(`${name}[`),
      ),
    );
    const is = named || (wrong !== undefined && input.id === "policy");
    input.toggleAttribute("aria-invalid", false);
    if (is) input.setAttribute("aria-invalid", "true");
  }
}

/** @param {() => void} changed */
export function onChange(changed) {
  form.addEventListener("input", () => {
    number();
    changed();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  byId("add").addEventListener("click", () => {
    const row = faultRow({ what: "status", status: "502" });
    byId("faults").append(row);
    number();
    row.querySelector("select")?.focus();
    changed();
  });
}
