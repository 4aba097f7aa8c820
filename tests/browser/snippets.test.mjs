// @ts-check
/** What the documents tell people to write is what the package takes: `tsc` reads each example. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { scratchPath } from "../support/scratch.mjs";
import { test } from "../support/test.mjs";

const DOCUMENTS = [
  "README.md",
  "src/browser/README.md",
  "docs/service-worker.md",
  "www/index.html",
];
const PACKAGE = inRoot("dist", "browser");

/** What examples take from the site that they are for. */
const AROUND = `declare const order: FormData, body: FormData, account: { id: string };
declare const response: Response;
declare const lastgoodFetch: typeof import("lastgood").lastgoodFetch;
declare function show(...told: unknown[]): void;
declare function render(shown: unknown): void;
declare var LASTGOOD: Record<string, unknown>;
declare function importScripts(...urls: string[]): void;
interface WindowEventMap { fetch: FetchEvent; sync: FetchEvent & { tag: string } }
interface FetchEvent extends Event { request: Request; respondWith(it: unknown): void; waitUntil(it: Promise<unknown>): void }
`;

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** The examples of a document that are scripts. @param {string} file */
function examples(file) {
  const text = readFileSync(inRoot(file), "utf8");
  const found = file.endsWith(".html")
    ? text.matchAll(/<code\s*>((?:import|\/\/) [^<]*)<\/code/g)
    : text.matchAll(
        /^```js\n(.*?)^```|<script type="module">\n(.*?)<\/script>/gms,
      );
  return [...found].map(([, fenced, script]) =>
    (fenced ?? script).replace(
      /&\w+;/g,
      (it) => ENTITIES[/** @type {keyof typeof ENTITIES} */ (it)] ?? it,
    ),
  );
}

/** @param {string} example */
function asModule(example) {
  const code = example
    .replaceAll('"/lastgood/', `"${PACKAGE}/`)
    .replaceAll('"/scripts/', `"${PACKAGE}/`)
    .replace(/\bsend: \(\{ request \}\)/, "send: ({ request }: FetchEvent)");
  return `${code}\nexport {};\n`;
}

test("the examples of the documents fit the package's types", async () => {
  const folder = scratchPath("snippets");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "around.d.ts"), AROUND);
  const files = DOCUMENTS.flatMap((document) => {
    const all = examples(document);
    assert.ok(all.length, `${document} has examples`);
    return all.map((example, n) => {
      const file = `${document.replace(/\W/g, "-")}-${n}.ts`;
      writeFileSync(path.join(folder, file), asModule(example));
      return file;
    });
  });
  const own = (/** @type {string} */ file) => [path.join(PACKAGE, file)];
  const compilerOptions = {
    ...{ target: "es2022", module: "es2022", moduleResolution: "bundler" },
    ...{ lib: ["es2022", "dom", "dom.iterable"], types: [] },
    ...{ strict: true, noEmit: true },
    paths: {
      lastgood: own("lastgood.d.ts"),
      "lastgood/queue-languages/*": own("queue-language.d.ts"),
      "lastgood/*": own("*"),
    },
  };
  writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["around.d.ts", ...files] }),
  );
  const tsc = inRoot("node_modules", "typescript", "bin", "tsc");
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder]);
  assert.equal(status, 0, String(stdout));
});
