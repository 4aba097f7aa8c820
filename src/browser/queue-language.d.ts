/** What users of the write queue read, in a language: for {@link queued} and `texts`. */
import type { Texts } from "./queue.js";

declare const texts: Texts;
export default texts;
