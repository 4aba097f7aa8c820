/** What the pages of these tests have at hand. */
declare var lastgood: typeof import("../../src/browser/lastgood.js");
