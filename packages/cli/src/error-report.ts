import { styleText } from "node:util";
import type { ErrorCode } from "@airgap-bundle/core";
import { type BundleError, describeCauses, toBundleError } from "@airgap-bundle/core/basics";
import { sanitizeText } from "./sanitize-text.ts";

/** One of several things wrong with a file; `line` and `column` count from 1. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a command says instead of a result, as `--json` prints it. */
export interface ErrorDocument {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly hint: string;
    readonly problems?: readonly Problem[];
  };
}

/** How {@link renderError} writes. */
export interface RenderErrorOptions {
  /** Adds what caused the error, one line each. @default false */
  readonly isVerbose?: boolean;
  /** Decides whether there are colours. @default none */
  readonly stream?: NodeJS.WriteStream;
}

/** The error together with everything that is wrong; they are shown below its message. */
export function withProblems(error: BundleError, problems: readonly Problem[]): BundleError {
  return Object.assign(error, { problems });
}

/** An error as `--json` prints it. */
export function toErrorDocument(thrown: unknown): ErrorDocument {
  const { code, message, hint } = toBundleError(thrown);
  const problems = problemsOf(thrown);
  return {
    error: {
      code,
      message,
      hint,
      ...(problems.length === 0 ? {} : { problems }),
    },
  };
}

/** An error as text for people, ending in a newline: the message, the problems, the hint. Never a stack trace. */
export function renderError(thrown: unknown, options: RenderErrorOptions = {}): string {
  const { isVerbose = false, stream } = options;
  const { message, hint } = toBundleError(thrown);
  const label = stream === undefined ? "Error:" : styleText("red", "Error:", { stream });
  const lines = [`${label} ${sanitizeText(message)}`];
  for (const problem of problemsOf(thrown)) lines.push(`  ${sanitizeText(formatProblem(problem))}`);
  lines.push(`  ${sanitizeText(hint)}`);
  if (isVerbose)
    lines.push(
      ...describeCauses(thrown).map(
        (cause) => `  Caused by: ${sanitizeText(cause.replaceAll(/\s*\n\s*/g, " "))}`,
      ),
    );
  return `${lines.join("\n")}\n`;
}

/** `LINE:COLUMN: message`, as far as they are known. */
export function formatProblem({ message, line, column }: Problem): string {
  if (line === undefined) return message;
  return column === undefined ? `${line}: ${message}` : `${line}:${column}: ${message}`;
}

function problemsOf(thrown: unknown): readonly Problem[] {
  if (!(thrown instanceof Error && "problems" in thrown && Array.isArray(thrown.problems))) return [];
  return thrown.problems.filter(isProblem);
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "message" in value;
}
