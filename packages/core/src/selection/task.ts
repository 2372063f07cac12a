import { isDockerHub } from "../reference.ts";
import type { ReadContext } from "./context.ts";
import { type Fields, openFields } from "./fields.ts";
import { type ReadLocation, readLocation } from "./location.ts";
import { readMapping } from "./mapping.ts";
import { readPlatforms } from "./platforms.ts";
import type { Mapping, Task } from "./selection.ts";
import type { YamlValue } from "./yaml.ts";

const KEYS = ["name", "interval", "verbose", "source", "target", "mappings", "platforms"];

/** dregsy does not repeat a task more often. */
const MIN_INTERVAL_SECONDS = 30;

/** Of Docker Hub's names the one by which dregsy wants a lister. */
const DOCKER_HUB = "registry.hub.docker.com";

/** Reads one item of `tasks`; undefined after a problem. */
export function readTask(value: YamlValue, number: number, context: ReadContext): Task | undefined {
  const { reporter } = context;
  if (value.kind === "null") {
    reporter.problem("TASK_MISSING", `Cannot use task ${number}: it is empty`, value.position);
    return undefined;
  }
  const fields = openFields([value], nameOf(value, number), KEYS, reporter);
  if (fields === undefined) return undefined;
  const name = fields.text("name");
  if (fields.isEmpty("name")) {
    reporter.problem("NAME_MISSING", `Cannot use ${fields.name}: it has no name`, fields.positionOf("name"));
  }
  const verbose = fields.boolean("verbose");
  const intervalSeconds = readInterval(fields, context);
  const source = readLocation(fields, "source", context);
  const target = readLocation(fields, "target", context);
  const platforms = readPlatforms(fields, context);
  const mappings = readMappings(fields, context);
  if (source === undefined) {
    if (fields.isEmpty("source")) {
      reporter.problem(
        "SOURCE_MISSING",
        `Cannot use ${fields.name}: it has no source`,
        fields.positionOf("source"),
      );
    }
    return undefined;
  }
  checkListing(fields, source, mappings, context);
  return {
    name,
    intervalSeconds,
    verbose,
    source: source.location,
    ...(target === undefined ? {} : { target: target.location }),
    ...(platforms === undefined ? {} : { platforms }),
    mappings,
  };
}

/** For messages: by its name if it has one. */
function nameOf(value: YamlValue, number: number): string {
  const entries = value.kind === "map" ? value.entries : [];
  const name = entries.findLast(({ key }) => key === "name")?.value;
  return name?.kind === "scalar" ? `task ${JSON.stringify(name.text)}` : `task ${number}`;
}

function readInterval(fields: Fields, { reporter }: ReadContext): number {
  const interval = fields.integer("interval");
  if (interval < 0 || (interval > 0 && interval < MIN_INTERVAL_SECONDS)) {
    const message = `Cannot use interval of ${fields.name}: found ${interval}, expected 0 or at least ${MIN_INTERVAL_SECONDS} seconds`;
    reporter.problem("INTERVAL_INVALID", message, fields.positionOf("interval"));
  }
  return interval;
}

function readMappings(fields: Fields, context: ReadContext): readonly Mapping[] {
  const values = context.take(fields.list("mappings"), fields.positionOf("mappings"));
  return values.flatMap((value, i) => {
    const mapping = readMapping(value, `mapping ${i + 1} of ${fields.name}`, context);
    return mapping === undefined ? [] : [mapping];
  });
}

/** What dregsy checks before it lists repositories, which only `from: regex:` needs. */
function checkListing(
  fields: Fields,
  { location, lister }: ReadLocation,
  mappings: readonly Mapping[],
  { reporter }: ReadContext,
): void {
  if (mappings.every(({ fromRegex }) => fromRegex === undefined)) return;
  const report = (what: string): void =>
    reporter.problem(
      "LISTER_INVALID",
      `Cannot list repositories for ${fields.name}: ${what}`,
      fields.positionOf("source"),
    );
  const host = location.registry.replace(/:[0-9]*$/, "");
  const isOfHub = lister.type === "dockerhub" || lister.type === "index";
  if (lister.type === "index" && lister.search === "") report("the index lister needs a search expression");
  else if (isOfHub && !isDockerHub(location.registry)) {
    const message = `The lister of ${fields.name} lists Docker Hub, which the source is not: the names found there are looked for in the source, whose credentials stay here`;
    reporter.warning("LISTER_FOREIGN", message, fields.positionOf("source"));
  }
  if (host === DOCKER_HUB && !isOfHub) {
    report("Docker Hub has the lister types dockerhub and index only, such as lister: {type: dockerhub}");
  }
  if (!["", "catalog", "dockerhub", "index"].includes(lister.type) && host !== DOCKER_HUB) {
    report(`${JSON.stringify(lister.type)} is not a lister type`);
  }
}
