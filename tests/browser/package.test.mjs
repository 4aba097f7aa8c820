// @ts-check
/**
 * The package as people get it: packed, installed into an empty project, and used from there
 * in Chromium, with a bundler and without, in pages and in workers, and under a policy that
 * forbids wasm.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { build } from "esbuild";
import { inRoot } from "../../scripts/setup/paths.mjs";
import { launch } from "../support/chromium.mjs";
import { scratchPath } from "../support/scratch.mjs";
import { test } from "../support/test.mjs";
import { serveSite } from "./site.mjs";

/** An empty project with the package in it. */
const project = scratchPath("project");
const installed = path.join(project, "node_modules", "lastgood");

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {(() => Promise<unknown>)[]} */
const closing = [];

before(async () => {
  mkdirSync(project, { recursive: true });
  const npm = (/** @type {string[]} */ ...parameters) =>
    execFileSync("npm", parameters, {
      cwd: project,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const folder = inRoot("dist", "browser");
  const packed = npm("pack", folder, "--json", "--ignore-scripts");
  const [{ filename }] = JSON.parse(packed);
  writeFileSync(path.join(project, "package.json"), '{ "private": true }');
  const quietly = ["--ignore-scripts", "--offline", "--no-audit", "--no-fund"];
  npm("install", ...quietly, `./${filename}`);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const close of closing) await close();
});

/**
 * A site that serves a folder, with an answer that fails once, and a page of it.
 * @param {string} folder
 * @param {import("node:http").OutgoingHttpHeaders} [headers]
 */
async function opened(folder, headers) {
  const site = await serveSite({ folder, headers });
  site.on("/once", (_, response, number) =>
    response.writeHead(number > 1 ? 200 : 502).end("there"),
  );
  const context = await browser.newContext();
  const page = await context.newPage();
  /** @type {string[]} */
  const said = [];
  page.on("console", (message) =>
    said.push(`${message.type()}: ${message.text()}`),
  );
  page.on("pageerror", (error) => said.push(String(error)));
  closing.push(() => context.close().then(() => site.close()));
  await page.goto(site.origin);
  return { site, page, said };
}

/**
 * What a page or worker does with the package, and what comes of it.
 * @param {string} from what it is imported from
 */
const use = (from) => `
  const { lastgoodFetch, adviceFor } = await import(${JSON.stringify(from)});
  const response = await lastgoodFetch("/once", {}, { backoff: { base: 5 } });
  const { title } = await adviceFor("timeout", { language: "fr" });
  return [response.status, await response.text(), title];`;

/** @param {any} told @param {{ of: (place: string) => unknown[] }} site */
function isRight(told, site) {
  const [status, text, title] = told;
  assert.deepEqual([status, text], [200, "there"]);
  assert.equal(site.of("/once").length, 2);
  const file = readFileSync(inRoot("src/answer/languages/fr.txt"), "utf8");
  assert.ok(file.includes(`= ${title}`), `${title} is French`);
}

/** A way around: import() of what an import map names. @param {string} body */
const asFunction = (body) => `(async () => {${body}})()`;

test("what is in it is what is needed, and its types are there", async () => {
  const manifest = JSON.parse(
    readFileSync(path.join(installed, "package.json"), "utf8"),
  );
  const crate = readFileSync(inRoot("Cargo.toml"), "utf8");
  assert.ok(crate.includes(`version = "${manifest.version}"`));
  const files = readdirSync(installed);
  for (const file of [
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "lastgood.wasm",
    "queue.wasm",
    "words.wasm",
  ])
    assert.ok(files.includes(file), file);
  for (const entry of Object.values(manifest.exports).flatMap((it) =>
    typeof it === "string" ? [it] : Object.values(it),
  )) {
    const [name] = String(entry).slice(2).split("/*");
    assert.ok(files.includes(name), `${entry} is there`);
  }
  for (const file of files)
    assert.doesNotMatch(file, /\.digest|\.lock|graph/, "nothing of the build");
  assert.equal(manifest.dependencies, undefined);
  const readme = readFileSync(path.join(installed, "README.md"), "utf8");
  const types = readFileSync(path.join(installed, "lastgood.d.ts"), "utf8");
  const interfaces = ["Attempts", "RequestPolicy", "Policy"].map(
    (name) => types.split(`export interface ${name} `)[1].split("\n}\n")[0],
  );
  const fields = [...interfaces.join("\n").matchAll(/^ {2}(\w+)\?:/gm)];
  assert.ok(fields.length > 15, "policies have fields");
  for (const [, name] of fields)
    assert.ok(readme.includes(`\`${name}\``), `the README's table has ${name}`);
  for (const file of files)
    if (!/-[A-Z0-9]{8}\.js$/.test(file))
      assert.ok(readme.includes(file), `the README's tree has ${file}`);
});

test("types are found from a project, as its tools look for them", async () => {
  const lines = [
    'import { lastgoodFetch } from "lastgood";',
    'import { events } from "lastgood/single";',
    'import { WriteQueue } from "lastgood/queue";',
    'import german from "lastgood/queue-languages/de.js";',
    'import { watch } from "lastgood/status";',
    'import { register } from "lastgood/register";',
    "export const ask: typeof fetch = lastgoodFetch;",
    'events.addEventListener("wait", (it) => it.detail.delay.toFixed());',
    "export const heading = german.heading.length;",
    'export const made = [new WriteQueue({ routes: [{ path: "/" }] }), watch(), register()];',
  ];
  writeFileSync(path.join(project, "use.mts"), lines.join("\n"));
  const tsc = inRoot("node_modules", "typescript", "bin", "tsc");
  for (const moduleResolution of ["bundler", "nodenext"]) {
    const module = moduleResolution === "bundler" ? "es2022" : "nodenext";
    const how = { module, moduleResolution, strict: true, noEmit: true };
    const compilerOptions = { ...how, target: "es2022", types: [] };
    const settings = JSON.stringify({ compilerOptions, files: ["use.mts"] });
    writeFileSync(path.join(project, "tsconfig.json"), settings);
    const { stdout, status } = spawnSync(process.execPath, [
      tsc,
      "-p",
      project,
    ]);
    assert.equal(status, 0, String(stdout));
  }
});

test("without a bundler: by an import map", async () => {
  const { page, site, said } = await opened(path.join(project, "node_modules"));
  await page.evaluate(() => {
    const map = document.createElement("script");
    map.type = "importmap";
    map.text =
      '{ "imports": { "lastgood": "/lastgood/lastgood/lastgood.js" } }';
    document.head.append(map);
  });
  isRight(await page.evaluate(asFunction(use("lastgood"))), site);
  assert.deepEqual(
    said.filter((it) => !/502/.test(it)),
    [],
  );
});

test("with a bundler", async () => {
  const out = path.join(project, "out");
  const entry = path.join(project, "entry.js");
  writeFileSync(
    entry,
    `globalThis.used = (async () => {${use("lastgood")}})();`,
  );
  await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: "esm",
    outdir: out,
    absWorkingDir: project,
    logLevel: "error",
  });
  // What no bundler but the newest does by itself, and the README says.
  cpSync(
    path.join(installed, "lastgood.wasm"),
    path.join(out, "lastgood.wasm"),
  );
  cpSync(path.join(installed, "languages"), path.join(out, "languages"), {
    recursive: true,
  });
  const { page, site } = await opened(out);
  await page.addScriptTag({ type: "module", url: "/lastgood/entry.js" });
  await page.waitForFunction("globalThis.used");
  isRight(await page.evaluate("globalThis.used"), site);
});

test("a page loads what requests need; words come with what is refused", async () => {
  const { page } = await opened(installed);
  /** @type {string[]} */
  const loaded = [];
  page.on("request", (request) => {
    if (request.url().endsWith(".wasm"))
      loaded.push(path.basename(request.url()));
  });
  const refused = (/** @type {string} */ policy) =>
    page.evaluate(
      asFunction(`const { lastgoodFetch } = await import("/lastgood/lastgood.js");
        const { name, message } = await lastgoodFetch("/once", {}, ${policy}).catch((error) => error);
        return \`\${name}: \${message}\`;`),
    );
  await page.evaluate(asFunction(use("/lastgood/lastgood.js")));
  assert.deepEqual(loaded, ["lastgood.wasm"]);
  await page.route("**/words.wasm", (route) => route.abort());
  assert.match(
    String(await refused("{ attempts: 0 }")),
    /^TypeError: a setting is wrong/,
  );
  await page.unroute("**/words.wasm");
  assert.equal(
    await refused("{ attempts: 0 }"),
    "TypeError: policy.attempts = 0: use a whole number from 1 to 10",
  );
  assert.deepEqual(new Set(loaded), new Set(["lastgood.wasm", "words.wasm"]));
});

test("one file on one's own server, and no other request", async () => {
  const own = scratchPath("own");
  mkdirSync(own);
  cpSync(
    path.join(installed, "lastgood.single.js"),
    path.join(own, "lastgood.single.js"),
  );
  const { page, site } = await opened(own);
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.addScriptTag({
    type: "module",
    content: `globalThis.used = (async () => {${use("/lastgood/lastgood.single.js")}})();`,
  });
  await page.waitForFunction("globalThis.used");
  isRight(await page.evaluate("globalThis.used"), site);
  const words = await page.evaluate(
    asFunction(`const { configure, explain } = await import("/lastgood/lastgood.single.js");
      await configure({ attempts: 2 });
      const { message } = await configure({ attempts: 0 }).catch((error) => error);
      const { cause } = await explain(new Response(null, { status: 502 }));
      return [message, cause];`),
  );
  assert.deepEqual(words, [
    "policy.attempts = 0: use a whole number from 1 to 10",
    "bad-gateway",
  ]);
  assert.deepEqual(asked, ["/lastgood/lastgood.single.js", "/once", "/once"]);
});

test("in a worker", async () => {
  const { page, site } = await opened(installed);
  site.on("/worker.js", (_, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(
      `(async () => {${use("/lastgood/lastgood.js")}})().then(postMessage);`,
    );
  });
  const told = await page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/worker.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = reject;
      }),
  );
  isRight(told, site);
});

test("in a service worker", async () => {
  const { page, site } = await opened(installed);
  site.on("/sw.js", (_, response) => {
    response.writeHead(200, { "content-type": "text/javascript" });
    response.end(`
      import { lastgoodFetch, ready } from "/lastgood/lastgood.single.js";
      addEventListener("install", (event) => event.waitUntil(ready().then(() => skipWaiting())));
      addEventListener("activate", (event) => event.waitUntil(clients.claim()));
      addEventListener("fetch", (event) => {
        if (event.request.url.endsWith("/once"))
          event.respondWith(lastgoodFetch(event.request, {}, { backoff: { base: 5 } }));
      });`);
  });
  const told = await page.evaluate(async () => {
    const taken = new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", resolve),
    );
    await navigator.serviceWorker.register("/sw.js", { type: "module" });
    await taken;
    const response = await fetch("/once");
    return [response.status, await response.text()];
  });
  assert.deepEqual(told, [200, "there"]);
  assert.equal(site.of("/once").length, 2);
});

for (const [name, file] of Object.entries({
  "as modules": "lastgood.js",
  "in one file": "lastgood.single.js",
}))
  test(`under a policy that forbids wasm, ${name}: it says so once, and works`, async () => {
    const { page, site, said } = await opened(installed, {
      "content-security-policy":
        "default-src 'none'; script-src 'self'; connect-src 'self'",
    });
    site.on("/write", (_, response) => response.writeHead(502).end());
    const told = await page.evaluate(async (url) => {
      const { LastgoodError, configure, explain, lastgoodFetch } = await import(
        url
      );
      const policy = { backoff: { base: 5 } };
      const response = await lastgoodFetch("/once", {}, policy);
      const write = await lastgoodFetch(
        "/write",
        { method: "POST" },
        { ...policy, throws: true },
      ).catch((/** @type {any} */ it) => it);
      const refused = await configure({ atempts: 3 }).catch(
        (/** @type {any} */ it) => `${it}`,
      );
      const { cause, advice } = await explain(await fetch("/write"), {
        language: "fr",
      });
      return {
        ...{
          status: response.status,
          refused,
          cause,
          language: advice.language,
        },
        known: write instanceof LastgoodError && write.cause,
      };
    }, `/lastgood/${file}`);
    assert.match(told.refused, /^TypeError: policy.atempts = 3: .*`attempts`/);
    assert.deepEqual(
      [told.status, told.cause, told.known, told.language],
      [200, "bad-gateway", "bad-gateway", "fr"],
    );
    assert.equal(site.of("/once").length, 2);
    const warnings = said.filter((it) => it.startsWith("warning: lastgood"));
    assert.equal(warnings.length, 1, said.join("\n"));
    assert.match(warnings[0], /'wasm-unsafe-eval'/);
  });

test("under a policy that allows wasm and nothing more, wasm it is", async () => {
  const { page, site, said } = await opened(installed, {
    "content-security-policy":
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
  });
  const status = await page.evaluate(async () => {
    const url = "/lastgood/lastgood.js";
    const { lastgoodFetch } = await import(url);
    return (await lastgoodFetch("/once", {}, { backoff: { base: 5 } })).status;
  });
  assert.equal(status, 200);
  assert.equal(site.of("/once").length, 2);
  assert.deepEqual(
    said.filter((it) => !/502/.test(it)),
    [],
  );
});
