// @ts-check
/**
 * What cache mode costs on a good day: a copy that is fresh, one that is stale and
 * renewed behind the reply, and a page that is asked for and kept. Against a peer
 * that is nothing but a cache.
 */
import { stop } from "./children.mjs";
import { copiesOf } from "./copies.mjs";
import { measureJob, SIZES_OF_JOBS } from "./job.mjs";
import { pages } from "./origin.mjs";
import { startSite } from "./site.mjs";

/** @typedef {keyof typeof WAYS} Way */

const told = { LASTGOOD: { mode: "cache" } };

/**
 * What the pages say, what a reply says, and the calls: to the cache, and, where the
 * page is asked for, to the origin and to the cache again, to keep it.
 */
const WAYS = {
  hit: { says: "max-age=86400", reply: "; hit", calls: [1, 1] },
  stale: {
    says: "max-age=0, stale-while-revalidate=86400",
    reply: "; hit",
    calls: [2.9, 3.1],
  },
  miss: { says: "max-age=86400", reply: "; fwd=", calls: [3, 3] },
};

/**
 * @param {import("./runtime.mjs").Build[]} builds peer, lastgood
 * @param {import("./job.mjs").Pace} pace
 * @param {(way: Way, size: string, row: import("./job.mjs").JobRow) => void} tell
 */
export async function measureCached(builds, pace, tell) {
  /**
   * @param {Way} name
   * @returns {Promise<Record<string, import("./job.mjs").JobRow>>}
   */
  const way = async (name) => {
    const { says, reply, calls } = WAYS[name];
    const empty = await startSite([{}, {}], pages(says));
    const kept = [];
    for (const [i, build] of builds.entries()) {
      kept.push(await copiesOf(build, empty.ways[i], SIZES_OF_JOBS, told));
    }
    const site = name === "miss" ? empty : await startSite(kept, pages(says));
    /** @type {import("./job.mjs").Job["isRight"]} */
    const isRight = ({ status, headers }) =>
      status === 200 && String(headers["cache-status"]).includes(reply);
    const job = { name, told, calls, isRight };
    const rows = await measureJob(job, builds, site, pace, (size, row) =>
      tell(name, size, row),
    );
    await stop(empty.nginx);
    if (site !== empty) await stop(site.nginx);
    return rows;
  };
  return {
    hit: await way("hit"),
    stale: await way("stale"),
    miss: await way("miss"),
  };
}
