#!/usr/bin/env node
// @ts-check
/** `npm start`. */
import { main } from "./start/main.mjs";

await main(process.argv.slice(2));
