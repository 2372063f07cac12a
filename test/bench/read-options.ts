import { parseArgs } from "node:util";
import type { LinkName } from "./link.ts";
import { GROUPS, type Group } from "./run-bench.ts";
import { SIZES, type SizeName } from "./sizes.ts";

/** What the command line asks for. */
export interface CommandLine {
  readonly groups: ReadonlySet<Group>;
  readonly links: readonly LinkName[];
  readonly size: SizeName;
  readonly runs: number;
  readonly skopeoRuns: number;
  readonly json: string | undefined;
  /** Leave the directory behind. */
  readonly keep: boolean;
}

const LINKS: Readonly<Record<string, readonly LinkName[]>> = {
  loopback: ["loopback"],
  "1gbit": ["1gbit"],
  both: ["loopback", "1gbit"],
};

export const USAGE: string = `npm run bench -- [--only ${GROUPS.join(",")}] [--link ${Object.keys(LINKS).join("|")}] [--size ${Object.keys(SIZES).join("|")}] [--runs N] [--skopeo-runs N] [--json FILE] [--keep]`;

/** @throws RangeError if there is something else, and what node's parser throws */
export function readOptions(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: GROUPS.join(",") },
      link: { type: "string", default: "both" },
      size: { type: "string", default: "full" },
      runs: { type: "string", default: "3" },
      "skopeo-runs": { type: "string", default: "1" },
      json: { type: "string" },
      keep: { type: "boolean", default: false },
    },
  });
  const links = LINKS[values.link];
  const [runs = 0, skopeoRuns = 0] = [values.runs, values["skopeo-runs"]].map(Number);
  const names = values.only.split(",");
  const groups = new Set(GROUPS.filter((name) => names.includes(name)));
  const { size, json, keep } = values;
  if (
    links === undefined ||
    !isSize(size) ||
    groups.size !== names.length ||
    !isCount(runs) ||
    !isCount(skopeoRuns)
  )
    throw new RangeError("Cannot use a value of the command line");
  return { groups, links, size, runs, skopeoRuns, json, keep };
}

function isSize(name: string): name is SizeName {
  return Object.hasOwn(SIZES, name);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}
