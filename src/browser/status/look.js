// @ts-check
/** How `<lastgood-status>` looks: as the notice of a copy does, in light and dark. */
export const LOOK = `
:host { all: initial; display: contents }
.banner {
  --ground: #fff; --ink: #1c1917; --edge: #78716c; --press: #1c19171a;
  position: fixed; z-index: 2147483646; inset: auto; box-sizing: border-box;
  inset-block-end: calc(0.6em + env(safe-area-inset-bottom, 0px)); inset-inline-start: 0.6em;
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.2em 0.6em;
  max-width: min(44em, 100% - 1.2em); max-height: 50%; overflow: auto;
  padding-block: 0.45em; padding-inline: 0.9em 0.5em;
  border: 1px solid var(--edge); border-radius: 0.5em;
  background: var(--ground); color: var(--ink); color-scheme: light;
  font: 0.9375rem/1.4 system-ui, sans-serif; text-align: start;
  box-shadow: 0 1px 6px #0005;
}
.banner.away {
  inline-size: 1px; block-size: 1px; padding: 0; border: 0; overflow: hidden;
  clip-path: inset(50%); pointer-events: none;
}
.banner.away > :not(.said) { display: none }
.said { flex: 1 1 auto; min-width: 0; margin: 0.25em 0; overflow-wrap: anywhere }
.keys { display: flex; flex-wrap: wrap; gap: 0.4em; margin-inline-start: auto; align-items: center }
button {
  min-width: 2.2em; min-height: 2.2em; margin: 0; padding: 0 0.7em;
  border: 1px solid var(--edge); border-radius: 0.4em;
  background: none; color: inherit; font: inherit; cursor: pointer;
}
.hide { border-color: transparent; padding: 0; font-size: 1.15em }
button:hover { background: var(--press) }
button:active { background: none }
button:focus-visible { outline: 2px solid; outline-offset: 1px }
[hidden] { display: none !important }
::slotted(*) { color: inherit }
@media (prefers-color-scheme: dark) {
  .banner { --ground: #2b2620; --ink: #fff; --edge: #a8a29e; --press: #fff2; color-scheme: dark }
}
@media (forced-colors: active) {
  .banner { --edge: ButtonBorder; box-shadow: none }
  .hide { border-color: ButtonBorder }
}
@media (prefers-contrast: more) { .banner { --edge: currentColor } }
@media (prefers-reduced-motion: no-preference) {
  .banner:not(.away) { animation: come 0.2s ease-out }
  @keyframes come { from { translate: 0 0.6em; opacity: 0 } }
}
@media print { .banner { display: none } }
`;
