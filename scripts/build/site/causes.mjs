// @ts-check
/**
 * `causes.md` as a page: every cause and number with what to check, each with an address
 * of its own, and what the core says of it besides.
 */
import { readFileSync } from "node:fs";
import { inRoot } from "../../setup/paths.mjs";
import { escaped, prose } from "./html.mjs";

/** @typedef {import("lastgood-playground").Cause} Cause */
/** @typedef {{ name: string, about: string, checks: string[] }} Section */

/** @type {Record<string, string>} */
const PHASES = {
  "nothing-sent": "Nothing was sent: anything may be asked again.",
  "maybe-processed":
    "It may have been processed: what is not safe is not sent again.",
  processed: "It was processed.",
};

/** @returns {Section[]} */
function sections() {
  const text = readFileSync(inRoot("src", "answer", "causes.md"), "utf8");
  return text
    .split("\n## ")
    .slice(1)
    .map((section) => {
      const [name, ...rest] = section.split("\n");
      const lines = rest.filter(Boolean);
      return {
        name,
        about: lines[0],
        checks: lines.slice(1).map((line) => line.replace(/^- /, "")),
      };
    });
}

/** How a number is written by those who show it. @param {string} name */
const shown = (name) =>
  name.replace(/^iis-/, "IIS ").replace(/^cloudflare-/, "Cloudflare ");

/** @param {import("lastgood-playground").Core} core */
export function causesPage(core) {
  const facts = new Map(core.advice("en").map((cause) => [cause.name, cause]));
  const all = sections();
  const of = (/** @type {string} */ start) =>
    all
      .filter(({ name }) => name.startsWith(start))
      .sort((a, b) => number(a.name) - number(b.name));
  const groups = [
    {
      id: "causes",
      title: "Causes",
      its: all.filter((it) => facts.has(it.name)),
    },
    { id: "cloudflare", title: "Cloudflare’s numbers", its: of("cloudflare-") },
    { id: "iis", title: "IIS’s numbers", its: of("iis-") },
  ];
  const main = groups.map(
    ({ id, title, its }) =>
      `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${its.map((it) => article(it, facts.get(it.name))).join("")}</section>`,
  );
  const contents = groups.map(
    ({ id, title, its }) =>
      `<li><a href="#${id}">${title}</a><ul>${its.map(({ name }) => `<li><a href="#${name}">${shown(name)}</a></li>`).join("")}</ul></li>`,
  );
  return { main: main.join("\n"), contents: `<ul>${contents.join("")}</ul>` };
}

/** @param {string} name */
const number = (name) => Number(name.split("-")[1]);

/**
 * @param {Section} section
 * @param {Cause} [facts]
 */
function article({ name, about, checks }, facts) {
  const list = checks.map((check) => `<li>${prose(check)}</li>`).join("");
  return `<article id="${name}"><h3><a href="#${name}">${facts ? `<code>${name}</code>` : shown(name)}</a></h3><p>${prose(about)}</p>${facts ? known(facts) : ""}<ul>${list}</ul></article>`;
}

/** @param {Cause} facts */
function known({ phase, error, statuses, title }) {
  const rows = [
    ["Visitors read", `“${escaped(title)}”`],
    ["The request", PHASES[phase]],
    ["Statuses", statuses.join(", ")],
    [
      "<code>Proxy-Status</code>",
      statuses.length ? "" : `<code>error=${error}</code>`,
    ],
  ];
  const told = rows
    .filter(([, value]) => value)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return `<dl>${told.join("")}</dl>`;
}
