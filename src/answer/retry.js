// @ts-check
// The script of the page: it counts down, asks the edge whether the site answers, and
// loads the page when it does. One tab of a browser asks for all of them. It knows no
// language: what it says stands in the page. build.rs takes off remarks and types and
// joins the lines, so each line has to end where another one may follow.
{
  const at = (/** @type {string} */ id) =>
    /** @type {any} */ (document.getElementById(id));
  const key = (
    /** @type {string} */ id,
    /** @type {(event: Event) => void} */ act,
  ) => {
    at(id).hidden = false;
    at(id).onclick = act;
  };
  if (at("back")) {
    key("back", () => history.back());
    key("resend", () => location.reload());
  }
  const say = at("retry")?.dataset;
  if (say) {
    const here = location.href.split("#")[0];
    const tabs = new BroadcastChannel("lastgood");
    const locks = navigator.locks;
    let left = +say.after;
    let mode = "wait";
    let leads = true;
    let letGo = () => {};
    const tell = (/** @type {string} */ what) => {
      at("state").textContent = say[what] || "";
    };
    const count = () => {
      const long = left >= 120;
      const digit = (/** @type {string} */ it) =>
        String.fromCodePoint(say.zero.codePointAt() + +it);
      const number =
        `${Math.max(0, Math.ceil(long ? left / 60 : left))}`.replace(
          /\d/g,
          digit,
        );
      const span = (long ? say.minutes : say.seconds).replace("{n}", number);
      const counts = mode === "wait" && leads && navigator.onLine;
      at("when").textContent = counts ? say.next.replace("{age}", span) : "";
    };
    const lead = (/** @type {LockOptions} */ how) =>
      locks?.request("lastgood", how, (lock) => {
        if (mode !== "wait" && mode !== "ask") return;
        leads = !!lock;
        tell(lock ? "" : "elsewhere");
        count();
        if (!lock) return void lead({});
        return new Promise((resolve) => {
          letGo = () => resolve((leads = false));
        });
      });
    const load = () => {
      mode = "done";
      tell("up");
      document.title = say.up;
      location.reload();
    };
    const ask = async () => {
      const before = mode;
      let good = false;
      let after = Math.min(60, say.after * 2);
      mode = "ask";
      tell("trying");
      count();
      try {
        const reply = await fetch(here, {
          method: "HEAD",
          cache: "no-store",
          redirect: "manual",
          headers: { "lastgood-probe": "1" },
          signal: AbortSignal.timeout(2e4),
        });
        const verdict =
          reply.headers.get("lastgood-verdict") ||
          (reply.status < 500 ? "good" : "failing");
        good = verdict !== "failing";
        after = +(reply.headers.get("retry-after") || after);
      } catch {}
      tabs.postMessage({ good, here, after });
      if (good) return load();
      say.after = left = after;
      mode = before;
      tell(mode === "wait" ? (leads ? "down" : "elsewhere") : mode);
      count();
    };
    const hold = (/** @type {string} */ how) => {
      mode = how;
      letGo();
      tell(how);
      at("pause").textContent = say.resume;
      count();
    };
    key("pause", () => {
      if (mode !== "paused") return hold("paused");
      mode = "wait";
      at("pause").textContent = say.pause;
      tell("");
      lead({ ifAvailable: true });
      count();
    });
    key("stop", () => {
      hold("stopped");
      at("pause").hidden = at("stop").hidden = true;
      at("again").focus();
    });
    key("again", (event) => {
      event.preventDefault();
      if (mode !== "ask" && mode !== "done") ask();
    });
    tabs.onmessage = ({ data }) => {
      if (mode !== "wait") return;
      if (data.good && data.here === here) return load();
      say.after = left = data.good ? 2 * Math.random() : data.after;
      if (data.good) leads = true;
    };
    addEventListener("online", () => {
      left = Math.min(left, 1 + 2 * Math.random());
    });
    lead({ ifAvailable: true });
    count();
    setInterval(() => {
      if (mode !== "wait") return;
      if (!navigator.onLine) tell("offline");
      else {
        if (at("state").textContent === say.offline)
          tell(leads ? "" : "elsewhere");
        left -= document.hidden ? 0.25 : 1;
        if (left <= (leads ? 0 : -2 * say.after)) return ask();
      }
      count();
    }, 1e3);
  }
}
