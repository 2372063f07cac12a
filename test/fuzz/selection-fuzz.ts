import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  expandSelection,
  type ParsedSelection,
  parseSelection,
  parseTagFilter,
  selectTags,
} from "@airgap-bundle/core";
import { failureOf } from "./failure.ts";
import type { Fuzz } from "./fuzz.ts";
import { mutateText } from "./mutate-text.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);

/** The beginning of a long file is as good as all of it, and read in a tenth of the time. */
const FIRST_LINES = 24;

const TAGS = ["1.2.3", "1.10", "latest", "v2.0.0-rc.1", "20261124", "a".repeat(128)];

/** Selection files with mistakes and malice in them. */
export async function openSelectionFuzz(): Promise<Fuzz> {
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith(".yaml"));
  const examples = await Promise.all(
    names.map(async (name) => await readFile(fileURLToPath(new URL(name, EXAMPLES)), "utf8")),
  );
  return {
    name: "selection",
    concurrency: 1,
    async run(random) {
      const example = random.pick(examples);
      const original = random.oneIn(20) ? example : example.split("\n").slice(0, FIRST_LINES).join("\n");
      const { kind, text } = mutateText(random, original);
      const parsed = parseSelection(text, { environment: { TOKEN: "user:secret" } });
      for (const { message, line, column } of [...parsed.problems, ...parsed.warnings]) {
        if (!(line >= 1 && column >= 1)) throw new Error(`A note stands at ${line}:${column}: ${message}`);
        if (message.length > 20_000) throw new Error(`A note has ${message.length} characters`);
      }
      return { kind, outcome: await use(parsed) };
    },
    close: async () => {},
  };
}

async function use({ selection, problems }: ParsedSelection): Promise<string> {
  if (selection === undefined) return problems[0]?.code ?? "no selection and no problem";
  const expanded = await failureOf((async () => expandSelection(selection))(), new Set());
  if ("code" in expanded) return expanded.code;
  for (const { mapping } of expanded.value.mappings) {
    const { filter } = parseTagFilter(mapping.tags);
    if (filter === undefined) throw new Error("A selection was read whose tag filters cannot be");
    selectTags(filter, TAGS);
  }
  return expanded.value.failed.length === 0 ? "read" : "read, with mappings that cannot be used";
}
