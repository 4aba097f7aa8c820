// @ts-check
/** Scenarios to start from. Each says what to look at, and tests hold it to that. */

/** @typedef {import("./state.js").State} State */

/**
 * @typedef {object} Preset
 * @property {string} name in the address
 * @property {string} label
 * @property {string} about what to look at
 * @property {Partial<State>} state what differs from the usual
 */

/** @type {Preset[]} */
export const PRESETS = [
  {
    name: "outage",
    label: "502 for 20 s",
    about:
      "A busy page and an origin that answers 502 for twenty seconds. Nobody sees an error: after a few tries the origin is known to be down, copies go out at once, and a few requests find out when it is back.",
    state: {
      every: "500ms",
      for: "60s",
      path: "/news",
      faults: [{ what: "status", status: "502", from: "15s", to: "35s" }],
    },
  },
  {
    name: "no-copy",
    label: "502, no copy",
    about:
      "Nobody has a copy of this page. Three attempts with pauses by chance, and then an honest answer, with a time to come back.",
    state: {
      path: "/new",
      faults: [{ what: "status", status: "502" }],
    },
  },
  {
    name: "post",
    label: "POST, reset",
    about:
      "The connection breaks after the form was sent. It may have been saved: there is exactly one attempt, and the answer says so.",
    state: {
      method: "POST",
      path: "/order",
      body: "200",
      faults: [{ what: "reset", after: "30ms" }],
    },
  },
  {
    name: "keyed-post",
    label: "POST with a key",
    about:
      "The same form with an Idempotency-Key: the origin can tell a repetition, so the request is sent again, and succeeds.",
    state: {
      method: "POST",
      path: "/order",
      body: "200",
      fields: "Idempotency-Key: 8e03978e",
      faults: [{ what: "reset", after: "30ms", to: "20ms" }],
    },
  },
  {
    name: "hang",
    label: "Hang, with a copy",
    about:
      "The origin takes the request and never answers. After 700 ms, the soft deadline, the visitor sees the copy; the attempt goes on behind the reply.",
    state: { copy: "10m", path: "/news", faults: [{ what: "hang" }] },
  },
  {
    name: "slow",
    label: "Slow, with a copy",
    about:
      "The right answer, two seconds late. The visitor sees the copy after 700 ms, and the late answer renews it for the next one.",
    state: {
      copy: "10m",
      path: "/news",
      faults: [{ what: "slow", after: "2s" }],
    },
  },
  {
    name: "brownout",
    label: "Brownout, 30 %",
    about:
      "Three answers in ten are 502, and nothing is stored. Second and third attempts save nearly everybody, and the budget allows them because most succeed.",
    state: {
      every: "100ms",
      for: "30s",
      path: "/search",
      answered: "Cache-Control: no-store",
      faults: [{ what: "status", status: "502", share: "30", from: "5s" }],
    },
  },
  {
    name: "retry-after",
    label: "503, Retry-After",
    about:
      "The origin asks for two seconds. They fit the deadline, so the second attempt comes when it was asked for, and not before.",
    state: {
      path: "/new",
      faults: [{ what: "status", status: "503", retry_after: "2s", to: "1s" }],
    },
  },
  {
    name: "backup",
    label: "Failover",
    about:
      "Two origins, and nobody listens at the first. Its backup is asked at once; after a few failures in a row the first one is passed over.",
    state: {
      every: "500ms",
      for: "30s",
      path: "/news",
      policy:
        '[vars]\nORIGIN = [\n  "https://origin.example.com",\n  "https://backup.example.net",\n]\n',
      faults: [{ what: "refused", origin: "0", from: "5s", to: "20s" }],
    },
  },
  {
    name: "disguised",
    label: "Disguised 200",
    about:
      "A gateway sends its error page as 200. With `disguised` on, small answers are read: it is known by its text, and the visitor sees the copy.",
    state: {
      copy: "10m",
      path: "/news",
      policy: "[vars.LASTGOOD]\ndisguised = true\n",
      faults: [{ what: "disguised" }],
    },
  },
  {
    name: "cut",
    label: "Cut in half",
    about:
      "The first page breaks off on its way, which nobody could foresee. From then on, for a minute, answers are held until they are whole: the next ones that break off become copies.",
    state: {
      every: "1s",
      for: "20s",
      copy: "10m",
      path: "/news",
      faults: [{ what: "cut", from: "4s", to: "12s" }],
    },
  },
  {
    name: "silence",
    label: "Silence",
    about:
      "A busy site, and an origin that stops answering anybody. That is found out long before any attempt’s time is over: after a second copies go out at once.",
    state: {
      every: "100ms",
      for: "30s",
      path: "/news",
      faults: [{ what: "hang", from: "5s", to: "20s" }],
    },
  },
  {
    name: "forbidden",
    label: "must-revalidate",
    about:
      "There is a copy, and the origin’s word is that it must never be shown stale. HTTP’s law holds: the visitor gets an answer, not the copy.",
    state: {
      copy: "10m",
      path: "/prices",
      answered: "Cache-Control: max-age=60, must-revalidate",
      faults: [{ what: "status", status: "502" }],
    },
  },
  {
    name: "cache",
    label: "Cache mode",
    about:
      "As a shared cache: fresh copies answer at once, stale ones while they are renewed behind the reply. The outage in the middle is not seen at all.",
    state: {
      every: "500ms",
      for: "40s",
      path: "/news",
      policy: '[vars.LASTGOOD]\nmode = "cache"\n',
      answered:
        'Cache-Control: max-age=3, stale-while-revalidate=5\nETag: "v1"',
      faults: [{ what: "status", status: "502", from: "12s", to: "27s" }],
    },
  },
  {
    name: "maintenance",
    label: "Maintenance",
    about:
      "Planned work: the origin is not asked at all, and the answer says that nothing broke.",
    state: {
      path: "/news",
      policy:
        '[vars.LASTGOOD.maintenance]\nmessage = "We are moving to a larger kitchen."\n',
    },
  },
];
