/** What the build makes, and scripts import by name. */

declare module "lastgood-texts" {
  /** The texts of each language, and those for administrators, by tag. */
  export const files: Record<string, () => Promise<{ default: any }>>;
  /** Other names of languages. */
  export const usual: Record<string, string>;
}

declare module "lastgood-tables" {
  /** The core's decisions about single failures. */
  const tables: {
    phases: string[];
    causes: Record<string, { phase: string; title: string; again: string[] }>;
    statuses: Record<string, string>;
    failing: number[];
    policy: Record<string, unknown>;
    remedies: Record<string, string>;
  };
  export default tables;
}

declare module "lastgood-more" {
  export * from "lastgood-core";
  export { default } from "lastgood-core";
}

declare module "lastgood-bytes" {
  /** The wasm. */
  const bytes: Uint8Array;
  export default bytes;
}

declare module "lastgood-more-bytes" {
  const bytes: Uint8Array;
  export default bytes;
}

declare module "lastgood-wasm" {
  /** Where the wasm is, or the wasm. */
  export const source: () => URL | Uint8Array;
}

declare module "lastgood-more-wasm" {
  export const source: () => URL | Uint8Array;
}
