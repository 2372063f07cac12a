import { styleText } from "node:util";
import type { ErrorCode } from "@airgap-bundle/core";
import { describeCauses, type Problem, toBundleError } from "@airgap-bundle/core/basics";
import { sanitizeText } from "./sanitize-text.ts";

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

/** An error as `--json` prints it. */
export function toErrorDocument(thrown: unknown): ErrorDocument {
  const { code, message, hint, problems = [] } = toBundleError(thrown);
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
  const { message, hint, problems = [] } = toBundleError(thrown);
  const label = stream === undefined ? "Error:" : styleText("red", "Error:", { stream });
  const lines = [`${label} ${sanitizeText(message)}`];
  for (const problem of problems) lines.push(`  ${sanitizeText(formatProblem(problem))}`);
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
