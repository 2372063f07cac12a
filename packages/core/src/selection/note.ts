import type { SELECTION_PROBLEMS, SELECTION_WARNINGS } from "./note-codes.ts";

/** A place in the selection file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Why a selection cannot be used. */
export type SelectionProblemCode = keyof typeof SELECTION_PROBLEMS;

/** What is worth a second look in a selection that can be used. */
export type SelectionWarningCode = keyof typeof SELECTION_WARNINGS;

/** What is said about a place in the selection. It never holds the content of an `auth`. */
export interface SelectionNote<Code extends string = SelectionProblemCode | SelectionWarningCode>
  extends Position {
  readonly code: Code;
  readonly message: string;
}

/** Takes what is found while a selection is read. */
export interface Reporter {
  problem(code: SelectionProblemCode, message: string, position: Position): void;
  warning(code: SelectionWarningCode, message: string, position: Position): void;
}

/** A reporter, and what it took so far: in file order, one of a code for a place. */
export interface NoteCollector extends Reporter {
  problems(): readonly SelectionNote<SelectionProblemCode>[];
  warnings(): readonly SelectionNote<SelectionWarningCode>[];
}

/** Collects notes. A map that is used in several places, by alias, would else be spoken of several times. */
export function collectNotes(): NoteCollector {
  const problems = new Map<string, SelectionNote<SelectionProblemCode>>();
  const warnings = new Map<string, SelectionNote<SelectionWarningCode>>();
  return {
    problem: (code, message, position) => addNote(problems, code, message, position),
    warning: (code, message, position) => addNote(warnings, code, message, position),
    problems: () => [...problems.values()].toSorted(byPosition),
    warnings: () => [...warnings.values()].toSorted(byPosition),
  };
}

function addNote<Code extends string>(
  notes: Map<string, SelectionNote<Code>>,
  code: Code,
  message: string,
  { line, column }: Position,
): void {
  const place = `${line}:${column} ${code}`;
  if (!notes.has(place)) notes.set(place, { code, message, line, column });
}

function byPosition(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
