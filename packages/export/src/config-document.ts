import { formatProblem, formatTable } from "@airgap-bundle/cli";
import type { Location, ParsedSelection, Selection, Task } from "@airgap-bundle/core";
import { maskUserInfo, platformsOf } from "@airgap-bundle/core/basics";

type Note = ParsedSelection["problems"][number] | ParsedSelection["warnings"][number];

/** What `bundle config --json` prints. */
export interface ConfigDocument {
  readonly tasks: readonly ConfigTask[];
  readonly warnings: readonly Note[];
  readonly problems: readonly Note[];
}

/** One task as it will be carried out. */
interface ConfigTask {
  readonly name: string;
  readonly intervalSeconds: number;
  readonly source: ConfigLocation;
  /** Null if the import must name it with `--to`. */
  readonly target: ConfigLocation | null;
  readonly mappings: readonly ConfigMapping[];
}

interface ConfigLocation {
  readonly registry: string;
  readonly auth: "none" | "inline" | "environment";
  readonly skipTlsVerify: boolean;
}

interface ConfigMapping {
  readonly from: string;
  readonly to: string;
  /** None: all tags. */
  readonly tags: readonly string[];
  readonly platforms: readonly string[];
}

/** The effective selection as data; credentials are only said to be there. */
export function toConfigDocument({ selection, warnings, problems }: ParsedSelection): ConfigDocument {
  const tasks = selection?.tasks.map((task) => toConfigTask(task, selection)) ?? [];
  return { tasks, warnings, problems };
}

/** The same for people. */
export function renderConfig({ tasks, warnings }: ConfigDocument): string[] {
  const lines = tasks.flatMap(renderTask);
  if (tasks.length === 0) lines.push("The selection has no tasks: nothing would be exported");
  if (warnings.length === 0) return lines;
  return [...lines, "", "Warnings", ...warnings.map((warning) => `  ${formatProblem(warning)}`)];
}

function renderTask({ name, source, target, mappings }: ConfigTask): string[] {
  const to = target === null ? "the registry that import names with --to" : describeLocation(target);
  const rows = mappings.map(({ from, to: path, tags, platforms }) => [
    `  ${from}`,
    `→ ${describePath(from, path)}`,
    platforms.join(", "),
    tags.length === 0 ? "all tags" : tags.join(" | "),
  ]);
  return [`Task ${name}: ${describeLocation(source)} → ${to}`, ...formatTable(rows)];
}

/** Behind a pattern `to` is what is put before each path. */
function describePath(from: string, to: string): string {
  if (!from.startsWith("regex:") || (to.startsWith("regex:") && to !== from)) return to;
  return to === from ? "the same paths" : `${to}/…`;
}

function describeLocation({ registry, auth, skipTlsVerify }: ConfigLocation): string {
  const traits = [auth === "none" ? [] : [`auth ${auth}`], skipTlsVerify ? ["TLS not verified"] : []].flat();
  return traits.length === 0 ? registry : `${registry} (${traits.join(", ")})`;
}

function toConfigTask(task: Task, selection: Selection): ConfigTask {
  const { name, intervalSeconds, source, target, mappings } = task;
  return {
    name,
    intervalSeconds,
    source: toConfigLocation(source),
    target: target === undefined ? null : toConfigLocation(target),
    mappings: mappings.map((mapping) => ({
      from: mapping.from,
      to: mapping.to ?? mapping.from,
      tags: mapping.tags,
      platforms: platformsOf(mapping, task, selection),
    })),
  };
}

function toConfigLocation({ registry, auth, skipTlsVerify }: Location): ConfigLocation {
  return { registry: maskUserInfo(registry), auth: auth?.kind ?? "none", skipTlsVerify };
}
