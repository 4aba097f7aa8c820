// @ts-check
/** The command line of the matrix. */
import { parseArgs } from "node:util";
import { CLIENTS } from "./clients.mjs";

export const USAGE = `npm run matrix -- [--only ROW,ROW] [--client NAME,NAME] [--json FILE] [--markdown] [--jobs N]
npm run matrix -- --cost [--json FILE]

  --only ROW     some rows, by their ids; a star ends a prefix
  --client NAME  some clients of: ${CLIENTS.join(", ")}
  --json FILE    all that was seen, for programs
  --markdown     the table as README.md has it
  --jobs N       so many rows at a time (3)
  --cost         the time to headers of a healthy request instead

The exit code is 1 if lastgood is wrong anywhere, 2 if it could not be run.
`;

/** @param {string | undefined} list */
const words = (list) => list?.split(",").filter(Boolean);

/** @param {string[]} args */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      client: { type: "string" },
      json: { type: "string" },
      markdown: { type: "boolean", default: false },
      jobs: { type: "string", default: "3" },
      cost: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const clients = words(values.client) ?? CLIENTS;
  const unknown = clients.find((client) => !CLIENTS.includes(client));
  if (unknown) throw new Error(`no client is called ${unknown}\n\n${USAGE}`);
  return {
    ...values,
    only: words(values.only),
    clients,
    jobs: Number(values.jobs) || 3,
  };
}

/** @param {string} id @param {string[] | undefined} only */
export const isChosen = (id, only) =>
  !only ||
  only.some((word) =>
    word.endsWith("*") ? id.startsWith(word.slice(0, -1)) : id === word,
  );
