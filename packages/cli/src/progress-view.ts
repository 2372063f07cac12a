/** Where progress is drawn: usually stderr. On a terminal it knows its size, or says 0. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly columns: number;
  readonly rows: number;
}

/** Shows a work that goes on. */
export interface ProgressView {
  /** The state has changed. */
  update(): void;
  /** A new phase has begun. */
  beginPhase(): void;
  /** Writes a line that stays. */
  print(line: string): void;
  /** Removes what must not stay. */
  close(): void;
}
