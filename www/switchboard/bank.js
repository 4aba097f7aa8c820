// @ts-check
/** The bank of switches: one per fault, exactly one of them on. */
import { byId, el } from "./dom.js";

/** @typedef {Omit<import("../../examples/demo/faults.mjs").Fault, "act">} Fault */

/**
 * @param {Fault[]} faults
 * @param {(fault: Fault) => void} onThrow
 */
export function drawBank(faults, onThrow) {
  const buttons = faults.map((fault) => {
    const button = switchFor(fault);
    button.addEventListener("click", () => onThrow(fault));
    return button;
  });
  byId("bank").replaceChildren(...buttons);
}

/** @param {Fault} fault */
function switchFor({ name, label, does, health }) {
  return el(
    "button",
    { type: "button", "data-name": name, "data-state": health },
    el("span", { class: "lamp" }),
    el("b", {}, label),
    el("small", {}, does),
  );
}

/** @param {string} name */
export function markSwitch(name) {
  for (const button of byId("bank").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.name === name));
  }
}
