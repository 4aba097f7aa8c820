// @ts-check
/**
 * The built worker with a store that is not as it should be. The product holds no
 * hook for it: a few lines before its script stand in for the runtime's own store.
 */
import { builtCode } from "./worker.mjs";

/** What befalls a store. */
const MISHAPS = {
  /** Nothing is ever found, nor is it said that there is nothing. */
  hangs: "match: () => new Promise(() => {}),",
  /** The first copy is refused. */
  refusesOnce: `put: (...copy) => (puts += 1) === 1
    ? Promise.reject(new Error("no room")) : store.put(...copy),`,
  /** It takes its time for what is put. */
  putsSlowly: `put: async (...copy) => {
      await scheduler.wait(60);
      await store.put(...copy);
    },`,
  /** It takes its time for what is put, and then tells. */
  tellsSlowly: `put: async (...copy) => {
      await scheduler.wait(300);
      await store.put(...copy);
      console.log(JSON.stringify({ lastgood: "put", url: copy[0] }));
    },`,
  /** Whoever removes something waits for ever. */
  removesNothing: "delete: () => new Promise(() => {}),",
  /** None, but that it tells what is put, and what is removed. */
  tells: `put: (...copy) => {
      console.log(JSON.stringify({ lastgood: "put", url: copy[0] }));
      return store.put(...copy);
    },
    delete: (url) => {
      console.log(JSON.stringify({ lastgood: "delete", url }));
      return store.delete(url);
    },`,
};

/** @param {keyof typeof MISHAPS} mishap */
export function codeWithStoreThat(mishap) {
  const { script, wasm } = builtCode();
  const before = `
    const openStore = caches.open.bind(caches);
    let puts = 0;
    caches.open = async (name) => {
      const store = await openStore(name);
      return {
        match: (url) => store.match(url),
        put: (...copy) => store.put(...copy),
        delete: (url) => store.delete(url),
        ${MISHAPS[mishap]}
      };
    };`;
  return { script: `${before}\n${script}`, wasm };
}
