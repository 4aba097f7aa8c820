/** The types that people read are those of what is exported: `tsc` compares. */
import { core } from "./core.js";
import { LastgoodError } from "./error.js";
import { events } from "./events.js";
import { adviceFor, explain } from "./explain.js";
import { lastgoodFetch } from "./fetch.js";
import type * as written from "./lastgood";
import { configure } from "./policy.js";
import type * as installing from "./register";
import { forget, register, unregister } from "./service-worker/register.js";
import type * as told from "./status";
import { LastgoodStatus } from "./status/element.js";
import { Watch } from "./status/watch.js";

type Written = typeof written;

export const exported: Written = {
  LastgoodError: LastgoodError as unknown as Written["LastgoodError"],
  adviceFor,
  configure,
  events,
  explain,
  lastgoodFetch,
  ready: async () => core(),
};

export const watching: typeof told = {
  LastgoodStatus,
  watch: (options) => new Watch(options),
};

export const registering: typeof installing = { forget, register, unregister };
