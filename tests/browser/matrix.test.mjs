// @ts-check
/** Every fault of the matrix, in a real browser: lastgood is right in each. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { OURS } from "../matrix/runner/clients.mjs";
import { loadRows } from "../matrix/runner/load.mjs";
import { cellOf, openHost } from "../matrix/runner/suite.mjs";

const LONGEST_MS = 40_000;
const AT_ONCE = 4;
/** What nobody does who only calls `fetch`: rows that must be able to fail. */
const BEYOND_FETCH = ["get-502", "disguised", "cut-once", "brownout"];

const rows = await loadRows();
const host = await openHost([OURS, "fetch"]);
after(() => host.close());

void describe("the matrix", { concurrency: AT_ONCE }, () => {
  for (const row of rows)
    void it(`${row.id}: ${row.fault}`, { timeout: LONGEST_MS }, async () => {
      const { cell } = await cellOf(host, row, OURS);
      assert.deepEqual(cell.why, [], cell.told);
    });
  for (const row of rows.filter(({ id }) => BEYOND_FETCH.includes(id)))
    void it(
      `${row.id} is not right by itself`,
      { timeout: LONGEST_MS },
      async () => {
        const { cell } = await cellOf(host, row, "fetch");
        assert.equal(cell.right, false, cell.told);
      },
    );
});
