// @ts-check
/**
 * The picture of an outage on the first page: played by the core when the site is built,
 * so that it shows what is so. Its columns are in `www/site/site.css`.
 */

/** @typedef {import("lastgood-playground").Played} Played */
/** @typedef {{ s: number, shown: string }} Mark */

const EVERY_S = 2;
const LASTS_S = 600;
const FROM_S = 120;
const UNTIL_S = 420;

const OUTAGE = {
  every: `${EVERY_S}s`,
  for: `${LASTS_S}s`,
  faults: [
    { what: "status", status: 502, from: `${FROM_S}s`, to: `${UNTIL_S}s` },
  ],
};

/** @type {Record<string, string>} */
const COLOURS = {
  origin: "good",
  copy: "copy",
  answer: "answer",
  error: "bad",
};

/** @param {import("lastgood-playground").Core} core */
export function outagePicture(core) {
  const seen = core.play({ ...OUTAGE, copy: { age: "5m" } });
  const request = { method: "POST", path: "/order", body: 200 };
  const form = core.play({ ...OUTAGE, request });
  const unseen = firsts(core);
  const bare = times().map((s) => ({
    s,
    shown: isDown(s) ? "error" : "origin",
  }));
  const [page, sent] = [marks(seen), marks(form)];
  const twice = form.requests.filter(({ attempts }) => attempts.length > 1);
  const lanes = [
    {
      label: "Without lastgood",
      marks: bare,
      says: `${count(bare, "error")} of ${bare.length} visitors meet “502 Bad Gateway”`,
    },
    {
      label: "A page that somebody saw before",
      marks: page,
      says: `${count(page, "origin")} see it fresh, ${count(page, "copy")} the last good copy; nobody an error`,
    },
    {
      label: "A page that nobody saw before",
      marks: unseen,
      says: `${count(unseen, "answer")} get an honest answer that tries again by itself`,
    },
    {
      label: "A form that is sent",
      marks: sent,
      says: `${count(sent, "answer")} are told whether it may have been saved; ${twice.length || "none"} is sent twice`,
    },
  ];
  return `<ul class="lanes">${lanes.map(lane).join("")}</ul>`;
}

/**
 * Each is the first one for its page: a scenario of its own.
 * @param {import("lastgood-playground").Core} core
 */
function firsts(core) {
  const broken = core.play({ faults: [{ what: "status", status: 502 }] });
  const good = core.play({});
  return times().map((s) => {
    const [{ shown = "error" }] = (isDown(s) ? broken : good).requests;
    return { s, shown };
  });
}

/** @param {number} s */
const isDown = (s) => s >= FROM_S && s < UNTIL_S;

const times = () =>
  Array.from({ length: LASTS_S / EVERY_S }, (_, turn) => turn * EVERY_S);

/** @param {Played} played */
const marks = ({ requests }) =>
  requests.map(({ at, shown = "error" }) => ({ s: at / 1000, shown }));

/**
 * @param {Mark[]} marks
 * @param {string} what
 */
const count = (marks, what) =>
  marks.filter(({ shown }) => shown === what).length;

/** @param {{ label: string, marks: Mark[], says: string }} lane */
const lane = ({ label, marks, says }) =>
  `<li><b>${label}</b> <span>${says}</span><svg viewBox="0 0 ${LASTS_S} 1" preserveAspectRatio="none" aria-hidden="true">${runs(marks).map(bar).join("")}</svg></li>`;

/**
 * Requests that ended alike, one after the other.
 * @param {Mark[]} marks
 */
function runs(marks) {
  /** @type {{ shown: string, from: number, to: number }[]} */
  const found = [];
  for (const { s, shown } of marks) {
    const last = found.at(-1);
    if (last?.shown === shown) last.to = s + EVERY_S;
    else found.push({ shown, from: s, to: s + EVERY_S });
  }
  return found;
}

/** @param {{ shown: string, from: number, to: number }} run */
const bar = ({ shown, from, to }) =>
  `<rect class="${COLOURS[shown]}" x="${from}" width="${to - from}" height="1"/>`;
