/** The playground's module, as wasm-bindgen makes it, with what its values are. */
declare module "lastgood-playground" {
  /** Something that could not be taken as written. */
  export interface Problem {
    field: string;
    value: string;
    remedy: string;
  }

  /** Something that happened, at a time in milliseconds. */
  export interface Event {
    at: number;
    request: number | null;
    kind:
      | "comes"
      | "looks"
      | "begins"
      | "ends"
      | "waits"
      | "reply"
      | "late"
      | "kept"
      | "not-kept"
      | "down"
      | "up";
    origin: number | null;
    attempt: number | null;
    text: string;
  }

  export interface Attempt {
    number: number;
    origin: number;
    from: number;
    until: number | null;
    status: number | null;
    cause: string | null;
    given_up: boolean;
  }

  export type Shown =
    "origin" | "hit" | "copy" | "answer" | "error" | "broken" | "nobody";

  export interface Request {
    at: number;
    until: number;
    attempts: Attempt[];
    shown?: Shown;
    status?: number;
    age?: number | null;
    cause?: string | null;
    why?: string | null;
    fields?: [string, string][];
    log?: string | null;
    /** The answer is lastgood's own, and has a body. */
    own?: boolean;
    text?: string;
  }

  export interface Played {
    problems: Problem[];
    lasts: number;
    origins: string[];
    events: Event[];
    requests: Request[];
  }

  export interface Cause {
    name: string;
    phase: string;
    error: string;
    statuses: number[];
    title: string;
  }

  export interface Core {
    play(scenario: object): Played;
    page(scenario: object, request: number): string | undefined;
    check(origin: unknown, lastgood: unknown): Problem[];
    advice(language: string): Cause[];
  }

  export const play: Core["play"];
  export const page: Core["page"];
  export const check: Core["check"];
  export const advice: Core["advice"];
  export function initSync(options: { module: BufferSource }): unknown;
  export default function init(options: {
    module_or_path: string | URL;
  }): Promise<unknown>;
}

/** Where the playground's module is served; the build knows. */
declare const WASM: string;
/** Where the script of its thread is. */
declare const WORKER: string;
