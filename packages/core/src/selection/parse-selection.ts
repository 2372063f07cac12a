import { createContext, type ReadContext } from "./context.ts";
import { type Fields, openFields } from "./fields.ts";
import {
  collectNotes,
  type Position,
  type SelectionNote,
  type SelectionProblemCode,
  type SelectionWarningCode,
} from "./note.ts";
import { readPlatforms } from "./platforms.ts";
import type { Selection } from "./selection.ts";
import { readTask } from "./task.ts";
import { parseYaml, type YamlValue } from "./yaml.ts";

/** Longer than any list that people keep; more would only fill the memory. */
const MAX_SELECTION_LENGTH = 4 * 1024 * 1024;

const KEYS = [
  "relay",
  "skopeo",
  "docker",
  "lister",
  "tasks",
  "watch",
  "dockerhost",
  "api-version",
  "platforms",
];

/** dregsy stops listing repositories after so many if the selection names no number. */
const DEFAULT_MAX_REPOSITORIES = 100;

/** What a selection is read with. */
export interface ParseSelectionOptions {
  /** Where `auth: ${VARIABLE}` finds its value. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A selection, unless there are problems. Notes are in file order. */
export interface ParsedSelection {
  readonly selection?: Selection;
  readonly warnings: readonly SelectionNote<SelectionWarningCode>[];
  readonly problems: readonly SelectionNote<SelectionProblemCode>[];
}

/**
 * Reads a selection file: what dregsy accepts, with dregsy's meaning, except that `target` may be absent. All problems
 * are collected. No message holds the content of an `auth`.
 */
export function parseSelection(text: string, { environment }: ParseSelectionOptions): ParsedSelection {
  const notes = collectNotes();
  const selection = readText(text, createContext(notes, environment));
  const problems = notes.problems();
  const isUsable = selection !== undefined && problems.length === 0;
  return { ...(isUsable ? { selection } : {}), warnings: notes.warnings(), problems };
}

function readText(text: string, context: ReadContext): Selection | undefined {
  if (text.length > MAX_SELECTION_LENGTH) {
    const message = `Cannot read the selection: it has ${text.length} characters, more than ${MAX_SELECTION_LENGTH}`;
    context.reporter.problem("SELECTION_TOO_LARGE", message, { line: 1, column: 1 });
    return undefined;
  }
  const root = parseYaml(text, context.reporter);
  return root === undefined ? undefined : readRoot(root, context);
}

/** An empty file is a selection without tasks. */
function readRoot(root: YamlValue, context: ReadContext): Selection | undefined {
  if (root.kind === "null") return { tasks: [], maxRepositories: DEFAULT_MAX_REPOSITORIES };
  const fields = openFields([root], "the selection", KEYS, context.reporter);
  if (fields === undefined) return undefined;
  const certsDir = readRelays(fields, context);
  const maxRepositories = readLister(fields, context);
  const platforms = readPlatforms(fields, context);
  const tasks = context.take(fields.list("tasks"), fields.positionOf("tasks")).flatMap((value, i) => {
    const task = readTask(value, i + 1, context);
    return task === undefined ? [] : [task];
  });
  return {
    tasks,
    ...(certsDir === "" ? {} : { certsDir }),
    ...(platforms === undefined ? {} : { platforms }),
    maxRepositories,
  };
}

/** What says how dregsy copies: checked, and without effect here but for the directory of certificates. */
function readRelays(fields: Fields, { reporter }: ReadContext): string {
  const relay = fields.text("relay");
  fields.boolean("watch");
  if (!["", "docker", "skopeo"].includes(relay)) {
    const message = `Cannot use relay of the selection: found ${JSON.stringify(relay)}, expected docker or skopeo`;
    reporter.problem("RELAY_INVALID", message, fields.positionOf("relay"));
  }
  if (relay === "skopeo" && fields.text("dockerhost") !== "") {
    const message =
      "Cannot use dockerhost of the selection: it is for the relay docker, and the relay is skopeo";
    reporter.problem("RELAY_INVALID", message, fields.positionOf("dockerhost"));
  }
  if (relay === "docker") reportDockerRelay(reporter, fields.positionOf("relay"));
  const skopeo = fields.map("skopeo", "skopeo", ["binary", "certs-dir"]);
  const docker = fields.map("docker", "docker", ["dockerhost", "api-version"]);
  for (const key of ["dockerhost", "api-version"]) {
    fields.text(key);
    docker?.text(key);
  }
  skopeo?.text("binary");
  reportWithoutEffect(fields, skopeo, reporter.warning);
  return skopeo?.text("certs-dir") ?? "";
}

/** That relay takes more than the filters say; who relies on it must know that it is otherwise here. */
function reportDockerRelay(reporter: ReadContext["reporter"], position: Position): void {
  const message =
    "With relay docker dregsy takes all tags where a filter matches none or has nothing but keep:, and invents tags for digests; here filters mean what they mean with relay skopeo";
  reporter.warning("RELAY_DOCKER", message, position);
}

/** One warning for all of them, and none for what every file has: relay, watch, interval, lister. */
function reportWithoutEffect(
  fields: Fields,
  skopeo: Fields | undefined,
  warn: ReadContext["reporter"]["warning"],
): void {
  const found: { key: string; position: Position }[] = ["docker", "dockerhost", "api-version"]
    .filter((key) => fields.has(key))
    .map((key) => ({ key, position: fields.positionOf(key) }));
  if (skopeo?.has("binary") === true)
    found.push({ key: "skopeo.binary", position: skopeo.positionOf("binary") });
  const [first] = found;
  if (first === undefined) return;
  const keys = found.map(({ key }) => key).join(", ");
  warn(
    "KEYS_WITHOUT_EFFECT",
    `These keys say how dregsy copies and have no effect here: ${keys}`,
    first.position,
  );
}

/** None and 0 are dregsy's default, less is no limit. */
function readLister(fields: Fields, { reporter }: ReadContext): number {
  const lister = fields.map("lister", "lister", ["maxItems", "cacheDuration"]);
  lister?.durationMs("cacheDuration");
  const maxItems = lister?.integer("maxItems") ?? 0;
  if (lister === undefined || maxItems >= 0) return maxItems === 0 ? DEFAULT_MAX_REPOSITORIES : maxItems;
  const message =
    "maxItems of lister is negative: repositories are listed without a limit, which may take long";
  reporter.warning("LISTER_UNLIMITED", message, lister.positionOf("maxItems"));
  return Number.POSITIVE_INFINITY;
}
