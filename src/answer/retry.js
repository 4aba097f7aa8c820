// @ts-check
// The script of the page: it counts down, asks the edge whether the site answers, and
// loads the page when it does. One tab of a browser asks for all that show the same
// page. It knows no language: what it says stands in the page. build.rs takes off
// remarks and types and joins the lines, so each line has to end where another one may
// follow.
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
    const name = "lastgood " + here;
    const tabs = new BroadcastChannel(name);
    const locks = navigator.locks;
    // How often this page was loaded in vain, although the edge said that it answers.
    const vain = history.state?.lastgood || 0;
    let wait = Math.min(300, say.after * 2 ** vain);
    let due = Date.now() + 1e3 * wait;
    let mode = "wait";
    let asks = false;
    let leads = true;
    let letGo = () => {};
    const tell = (/** @type {string} */ what) => {
      const text = say[what] || "";
      if (at("state").textContent !== text) at("state").textContent = text;
    };
    const count = () => {
      const left = Math.max(0, Math.ceil((due - Date.now()) / 1e3));
      const long = left >= 120;
      const digit = (/** @type {string} */ it) =>
        String.fromCodePoint(+it + say.zero.codePointAt());
      const number = `${long ? Math.ceil(left / 60) : left}`;
      const span = (long ? say.minutes : say.seconds).replace(
        "{n}",
        number.replace(/\d/g, digit),
      );
      const counts = mode === "wait" && leads && !asks && navigator.onLine;
      at("when").textContent = counts ? say.next.replace("{age}", span) : "";
    };
    const again = (/** @type {number} */ seconds) => {
      wait = seconds;
      due = Date.now() + 1e3 * wait;
    };
    const lead = (/** @type {LockOptions} */ how) =>
      locks?.request(name, how, (lock) => {
        if (mode !== "wait") return;
        leads = !!lock;
        tell(lock ? "" : "elsewhere");
        count();
        if (!lock) return void lead({});
        return new Promise((resolve) => {
          letGo = () => resolve((leads = false));
        });
      });
    const load = () => {
      history.replaceState({ ...history.state, lastgood: vain + 1 }, "");
      tell("up");
      document.title = say.up;
      location.reload();
      again(9);
    };
    const ask = async () => {
      if (asks) return;
      const before = mode;
      let good = false;
      asks = true;
      tell("trying");
      count();
      try {
        const reply = await fetch(here, {
          method: "HEAD",
          cache: "no-store",
          redirect: "manual",
          headers: { "lastgood-probe": "1" },
          signal: AbortSignal.timeout?.(2e4),
        });
        // A redirection shows nothing of itself.
        const verdict = reply.headers.get("lastgood-verdict");
        good = verdict ? verdict !== "failing" : !reply.status;
        const told = parseInt(reply.headers.get("retry-after") || "");
        again(Math.min(300, Math.max(5, told || wait * 2)));
      } catch {
        again(Math.min(300, wait * 2));
      }
      asks = false;
      tabs.postMessage({ good, wait });
      // Whoever pressed a key meanwhile has the last word.
      if (good && mode === before) return load();
      tell(mode !== "wait" ? mode : leads ? "down" : "elsewhere");
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
      ask();
    });
    tabs.onmessage = ({ data }) => {
      if (mode !== "wait") return;
      if (data.good) load();
      else again(data.wait);
    };
    const look = () => {
      if (mode !== "wait" || asks) return;
      if (!navigator.onLine) tell("offline");
      else {
        if (at("state").textContent === say.offline)
          tell(leads ? "" : "elsewhere");
        const patience =
          (leads ? 0 : 2 * wait) + (document.hidden ? 3 * wait : 0);
        if (Date.now() >= due + 1e3 * patience) return void ask();
      }
      count();
    };
    addEventListener("online", () => {
      due = Math.min(due, Date.now() + 1e3 + 2e3 * Math.random());
    });
    lead({ ifAvailable: true });
    count();
    setInterval(look, 1e3);
  }
}
