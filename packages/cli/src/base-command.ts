import { resolve } from "node:path";
import type { EventSink } from "@airgap-bundle/core";
import { BundleError, isRegistryHost, normalizeRegistry, toBundleError } from "@airgap-bundle/core/basics";
import type { Interfaces } from "@oclif/core";
import { Command } from "@oclif/core/command";
import { checkSwitches } from "./check-switches.ts";
import { checkValues } from "./check-values.ts";
import { renderError, toErrorDocument } from "./error-report.ts";
import { EXIT, exitCodeOfError } from "./exit-codes.ts";
import { createProgress, type Progress } from "./progress.ts";
import { openRequestLog, type RequestLog } from "./request-log.ts";
import { sanitizeText } from "./sanitize-text.ts";
import { SHARED_FLAGS, type SharedFlags } from "./shared-flags.ts";
import { stringifyJson } from "./stringify-json.ts";
import { toUsageError } from "./usage-error.ts";
import { interrupted, type SignalWatch, watchSignals } from "./watch-signals.ts";

/** What the shared flags and the process mean to the work of a command. */
export interface SharedOptions {
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** How many transfers may run at the same time. */
  readonly jobs: number;
  /** An absolute path; the directory need not exist. */
  readonly cacheDir: string;
  readonly authFile?: string;
  readonly insecureHosts: readonly string[];
  readonly isVerbose: boolean;
  /** Shows progress and warnings on stderr. */
  readonly onEvent: EventSink;
  /** Given with `BUNDLE_LOG=debug`: takes every request. */
  readonly onExchange?: RequestLog;
  /** Prints the result for people; once, at the end. Nothing with `--json`. */
  readonly report: (lines: readonly string[]) => void;
}

/** What oclif has parsed, by its name. */
type Values = Record<string, unknown>;

/** A command of `bundle`: shared flags, signals, progress, errors and exit codes. What `run` returns is the `--json` document. */
export abstract class BundleCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = SHARED_FLAGS;

  #signals: SignalWatch | undefined;
  #progress: Progress | undefined;
  readonly #stopProgress = (): void => this.#progress?.stop();

  /** What the shared flags say; call it once, right after parsing. */
  protected shared(flags: SharedFlags): SharedOptions {
    const signals = this.#watchSignals();
    const progress = createProgress({
      stream: process.stderr,
      isTerminal: process.stderr.isTTY && process.env["TERM"] !== "dumb",
      isQuiet: flags.quiet,
      now: () => performance.now(),
    });
    this.#progress = progress;
    const onExchange = openRequestLog(process.env, progress.onEvent);
    return {
      signal: signals.signal,
      jobs: flags.jobs,
      cacheDir: resolve(flags["cache-dir"] ?? this.config.cacheDir),
      ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
      insecureHosts: (flags.insecure ?? []).map(parseInsecureHost),
      isVerbose: flags.verbose,
      onEvent: progress.onEvent,
      ...(onExchange === undefined ? {} : { onExchange }),
      report: (lines) => this.#report(lines),
    };
  }

  /** Ends `run` with a result and an exit code other than 0: `return this.finish(result, exitCodeOf(codes))`. */
  protected finish<T>(result: T, exitCode: number): T {
    const isTerminated = exitCode === EXIT.SIGINT && this.#signals?.received() === "SIGTERM";
    // What could not be written meanwhile is a failure too.
    process.exitCode = (isTerminated ? EXIT.SIGTERM : exitCode) || process.exitCode;
    return result;
  }

  /** Where the result goes, text or JSON: stdout. A command that writes something else there overrides it. */
  protected writeResult(text: string): void {
    process.stdout.write(text);
  }

  protected override async init(): Promise<void> {
    await super.init();
    this.#watchSignals();
    process.on("exit", this.#stopProgress);
    checkSwitches(this.argv, { ...this.ctor.baseFlags, ...this.ctor.flags });
  }

  /** @throws `USAGE` for an empty value too */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    checkValues(parsed, { ...this.ctor.baseFlags, ...this.ctor.flags });
    return parsed;
  }

  protected override logJson(document: unknown): void {
    this.writeResult(`${stringifyJson(document)}\n`);
  }

  /** Shows the error, and ends the command with its exit code. */
  protected override async catch(thrown: Error): Promise<never> {
    if (isExit(thrown)) throw thrown;
    this.#stopProgress();
    const received = this.#signals?.received();
    const error = received === undefined ? this.#explain(thrown) : interrupted(received, thrown);
    process.stderr.write(
      renderError(error, { isVerbose: this.#hasFlag("--verbose"), stream: process.stderr }),
    );
    if (this.jsonEnabled()) this.logJson(toErrorDocument(error));
    const exitCode = received === undefined ? exitCodeOfError(toBundleError(error).code) : EXIT[received];
    process.exitCode = exitCode;
    return this.exit(exitCode);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#stopProgress();
    this.#signals?.close();
    process.off("exit", this.#stopProgress);
    await super.finally(error);
  }

  #report(lines: readonly string[]): void {
    this.#stopProgress();
    if (this.jsonEnabled()) return;
    this.writeResult(lines.map((line) => `${sanitizeText(line)}\n`).join(""));
  }

  #watchSignals(): SignalWatch {
    this.#signals ??= watchSignals({
      source: process,
      now: () => performance.now(),
      onStop: (name) => {
        this.#stopProgress();
        process.stderr.write(`Stopping after ${name}; another one stops at once\n`);
      },
      onStopNow: (name) => process.exit(EXIT[name]),
    });
    return this.#signals;
  }

  /** oclif's own errors are about the command line; those that a flag's `parse` throws it begins so. */
  #explain(thrown: Error): Error {
    if (!("oclif" in thrown) && !thrown.message.startsWith("Parsing --")) return thrown;
    const flags = Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags, help: true });
    const command = `${this.config.bin} ${this.id ?? "COMMAND"}`;
    const hasConfig = this.argv.some((word) => /^(?:-c|--config(?:=|$))/.test(word));
    return toUsageError(thrown, { command, flags, hasConfig });
  }

  /** For errors that come before or out of the parsing of flags. */
  #hasFlag(flag: string): boolean {
    const end = this.argv.indexOf("--");
    return (end === -1 ? this.argv : this.argv.slice(0, end)).includes(flag);
  }
}

/** A flag that matches no host would be worse than none. @throws `USAGE` */
function parseInsecureHost(host: string): string {
  if (isRegistryHost(host)) return normalizeRegistry(host);
  throw new BundleError("USAGE", "Cannot use --insecure: its value is not HOST or HOST:PORT", {
    hint: "Write the host alone, without https:// and without a path",
  });
}

/** oclif's way to end a command without an error, such as after `--help`. */
function isExit(thrown: Error): boolean {
  return "code" in thrown && thrown.code === "EEXIT";
}
