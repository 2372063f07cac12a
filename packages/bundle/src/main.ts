import type { Interfaces } from "@oclif/core";

/** Where the executable is and what it says about itself. */
export interface MainOptions {
  /** Directory of the package. */
  readonly root: string;
  /** The content of its package.json. */
  readonly pjson: Interfaces.PJSON;
}

/** Runs `bundle` with these arguments, up to the exit code of the process. */
export async function main(args: readonly string[], options: MainOptions): Promise<void> {
  process.on("uncaughtException", (error) => void endUncaught(error));
  if (args[0] === "--version") {
    watchStdout();
    process.stdout.write(formatVersion(options.pjson, args.includes("--json")));
    return;
  }
  try {
    const { runCommand } = await import("./run-command.ts");
    // oclif's listener throws into the stream what it does not know.
    process.stdout.removeAllListeners("error");
    watchStdout();
    await runCommand(rewriteHelp(args), options);
  } catch (error) {
    await endWithError(error, args);
  }
}

function formatVersion({ name, version }: Interfaces.PJSON, isJson: boolean): string {
  return isJson ? `${JSON.stringify({ name, version }, null, 2)}\n` : `bundle ${version}\n`;
}

/** `bundle help plan` is `bundle plan --help`, wherever flags stand, and `bundle help` is `bundle --help`. */
function rewriteHelp(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  if (first !== "help") return args;
  return [
    ...rest.filter((arg) => !arg.startsWith("-")),
    "--help",
    ...rest.filter((arg) => arg.startsWith("-")),
  ];
}

/** Shows what went wrong outside of a command; a command has shown its own errors and ends with oclif's EEXIT. */
async function endWithError(error: unknown, args: readonly string[]): Promise<void> {
  if (error instanceof Error && "code" in error && error.code === "EEXIT") return;
  const { exitCodeOfError, renderError, stringifyJson, toErrorDocument } = await import("@airgap-bundle/cli");
  const document = toErrorDocument(error);
  process.stderr.write(renderError(error, { stream: process.stderr }));
  if (args.includes("--json")) process.stdout.write(`${stringifyJson(document)}\n`);
  process.exitCode = exitCodeOfError(document.error.code);
}

/**
 * The last resort, such as for a full disk behind stderr or an installation of which a part cannot be loaded. Where
 * nobody reads any more there is nothing to say.
 */
async function endUncaught(error: Error): Promise<never> {
  if ("code" in error && error.code === "EPIPE") process.exit();
  try {
    await endWithError(error, []);
  } catch {
    // What shows errors well cannot be loaded either.
    process.stderr.write(`Error: ${error.message}\n`);
  }
  process.exit(process.exitCode ?? 1);
}

/** Nobody waits for what is written to stdout but an export into a pipe, which listens itself while it does. */
function watchStdout(): void {
  let isEnding = false;
  process.stdout.on("error", (error) => {
    if (isEnding || process.stdout.listenerCount("error") > 1) return;
    isEnding = true;
    void endUnwritten(error);
  });
}

async function endUnwritten(error: Error): Promise<void> {
  if ("code" in error && error.code === "EPIPE") return;
  const { toStdoutError } = await import("@airgap-bundle/cli");
  await endUncaught(toStdoutError(error, "the result"));
}
