import { createReadStream } from "node:fs";
import { text as readText } from "node:stream/consumers";
import type { EventSink, ParsedSelection, Selection } from "@airgap-bundle/core";
import { BundleError, describeFileError, parseSelection } from "@airgap-bundle/core/basics";
import { countOf } from "./count-of.ts";

/** More bytes than the longest selection can have; what is behind them is not read. */
const MAX_SELECTION_SIZE = 17 * 1024 * 1024;

/** A selection that can be used, and what is worth a second look in it. */
export interface LoadedSelection {
  readonly selection: Selection;
  readonly warnings: ParsedSelection["warnings"];
}

/** Reads and parses a selection file. @throws `USAGE` if the file cannot be read, or is a tar file */
export async function readSelection(path: string): Promise<ParsedSelection> {
  let text: string;
  try {
    text = await readText(createReadStream(path, { end: MAX_SELECTION_SIZE }));
  } catch (cause) {
    throw new BundleError("USAGE", `Cannot read the selection ${path}: ${describeFileError(cause)}`, {
      cause,
      hint: "Check the file that -c names, and who may read it",
    });
  }
  if (isTar(text)) {
    throw new BundleError("USAGE", `Cannot read the selection ${path}: it is a tar file, such as a bundle`, {
      hint: "Give -c the selection; bundle inspect shows what a bundle carries",
    });
  }
  return parseSelection(text, { environment: process.env });
}

/** The magic of a header in the archive: ustar of POSIX.1-1988, and of GNU. */
function isTar(text: string): boolean {
  return text.slice(257, 262) === "ustar";
}

/** Reads a selection file that must be right. @throws `USAGE`; `SELECTION_INVALID` with every problem */
export async function loadSelection(path: string): Promise<LoadedSelection> {
  const { selection, warnings, problems } = await readSelection(path);
  if (selection === undefined) throw selectionError(path, problems);
  return { selection, warnings };
}

/** Shows the warnings of a selection. */
export function tellWarnings(path: string, warnings: ParsedSelection["warnings"], onEvent: EventSink): void {
  for (const { line, column, code, message } of warnings) {
    onEvent({ kind: "warning", code, message: `${path}:${line}:${column}: ${message}` });
  }
}

/** All that is wrong with a selection, as one error. */
export function selectionError(path: string, problems: ParsedSelection["problems"]): BundleError {
  const count = countOf(problems.length, "problem");
  return new BundleError("SELECTION_INVALID", `Cannot use the selection ${path}: it has ${count}`, {
    problems,
  });
}
