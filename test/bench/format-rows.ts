import type { Row } from "./row.ts";

/** The rows as a table in Markdown. Times are medians. */
export function formatRows(rows: readonly Row[]): string {
  const heading =
    "| what | against | ours | theirs | ratio | bar | reached | peak memory |\n|---|---|---|---|---|---|---|---|";
  return [heading, ...rows.map(formatRow)].join("\n");
}

function formatRow({
  what,
  against,
  unit,
  ours,
  theirs,
  ratio,
  bar,
  reached,
  peakMemory,
  note,
}: Row): string {
  const cells = [
    note === "" ? what : `${what} (${note})`,
    against,
    formatValue(ours, unit),
    formatValue(theirs, unit),
    ratio === null ? "–" : ratio.toFixed(2),
    ratio === null ? "–" : `${bar.kind} ${bar.ratio} ×`,
    reached === null ? "–" : reached ? "yes" : "no",
    peakMemory === null ? "–" : `${Math.round(peakMemory / 1e6)} MB`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function formatValue(value: number | null, unit: Row["unit"]): string {
  if (value === null) return "–";
  if (unit === "ms") return `${value.toFixed(2)} ms`;
  return unit === "s" ? `${value.toFixed(2)} s` : String(value);
}
