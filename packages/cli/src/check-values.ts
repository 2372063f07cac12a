import { BundleError } from "@airgap-bundle/core/basics";

/** As much of what oclif has parsed as is looked at. */
interface ParsedLine {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
}

/** As much of an oclif flag as messages need. */
interface FlagName {
  readonly char?: string;
}

/**
 * An empty value is a variable of the shell that is not set, and never meant: `-o ""` would name a file `.partial`.
 *
 * @throws `USAGE` naming the flag or argument
 */
export function checkValues({ flags, args }: ParsedLine, known: Readonly<Record<string, FlagName>>): void {
  for (const [name, value] of Object.entries(flags)) {
    const { char } = known[name] ?? {};
    if (isEmpty(value)) throw emptyError(char === undefined ? `--${name}` : `-${char}`);
  }
  for (const [name, value] of Object.entries(args)) {
    if (isEmpty(value)) throw emptyError(name.toUpperCase());
  }
}

function isEmpty(value: unknown): boolean {
  return value === "" || (Array.isArray(value) && value.includes(""));
}

function emptyError(name: string): BundleError {
  return new BundleError("USAGE", `Cannot use ${name}: its value is empty`, {
    hint: "Give it a value; a variable of the shell may not be set",
  });
}
