/** Between two columns. */
const GAP = "  ";

/** How {@link formatTable} lays out. */
export interface TableOptions {
  /** Indexes of the columns that hold numbers or sizes: their cells end at one line. @default none */
  readonly alignRight?: readonly number[];
}

/** Rows of cells as lines with aligned columns, without blanks at their ends. A row may be shorter than others. */
export function formatTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { alignRight = [] } = options;
  const widths: number[] = [];
  for (const [column, cell] of rows.flatMap((row) => [...row.entries()])) {
    widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return alignRight.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return cells.join(GAP).trimEnd();
  });
}
