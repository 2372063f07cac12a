import type { Checkpoint } from "./journal.ts";

/** The first line of a journal: what it is, and in which version of its format. */
export const HEADING = '{"airgap-bundle":"journal","version":1}';

/** One line of a journal: this much of a blob lies at `offset`. */
export interface JournalLine extends Checkpoint {
  readonly digest: string;
  readonly offset: number;
}

/** A line, without its end. */
export function formatLine({ digest, offset, end, hash }: JournalLine): string {
  return JSON.stringify({ digest, offset, end, hash });
}

/** What a line says; undefined if it is empty or nobody wrote it in full. */
export function parseLine(line: string): JournalLine | undefined {
  const { digest, offset, end, hash } = parseObject(line);
  if (typeof digest !== "string" || typeof hash !== "string") return undefined;
  return isSize(offset) && isSize(end) ? { digest, offset, end, hash } : undefined;
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
