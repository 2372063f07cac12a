import { BundleError } from "@airgap-bundle/core/basics";

/** As much of an oclif flag as is looked at. */
interface FlagKind {
  readonly type: "boolean" | "option";
}

/** A switch with a value would be taken for a file. @throws `USAGE` */
export function checkSwitches(argv: readonly string[], flags: Readonly<Record<string, FlagKind>>): void {
  const end = argv.indexOf("--");
  for (const word of end === -1 ? argv : argv.slice(0, end)) {
    const [, name = ""] = /^--(?:no-)?([a-z-]+)=/.exec(word) ?? [];
    if (flags[name]?.type !== "boolean") continue;
    const flag = word.slice(0, word.indexOf("="));
    throw new BundleError("USAGE", `Cannot use ${flag} with a value: it is a switch`, {
      hint: `Write ${flag} alone, or leave it out`,
    });
  }
}
