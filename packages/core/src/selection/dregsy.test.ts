import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { parseSelection } from "./parse-selection.ts";
import type { Location, Selection } from "./selection.ts";

/** Where we differ from dregsy's answers, and why. What we answer is tested one by one below. */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ["auth-envvar", "dregsy has no variables; here the variable is looked up, and a missing one is a warning"],
  ["auth-userpass", "dregsy accepts base64 of USER:PASSWORD and then goes without credentials"],
  ["auth-json-percent", "dregsy takes a password for a printf format"],
  ["auth-json-quote", "dregsy loses credentials with a quote in them"],
  ["auth-json-backslash", "dregsy reads an escape into a backslash"],
]);

function parse(yaml: string): ReturnType<typeof parseSelection> {
  return parseSelection(yaml, { environment: {} });
}

/** What dregsy's configuration looks like after its own validation, as far as we keep it. */
function toDregsy({ tasks }: Selection): unknown {
  return tasks.map(({ name, intervalSeconds, verbose, source, target, mappings }) => ({
    name,
    interval: intervalSeconds,
    verbose,
    source: toDregsyLocation(source),
    target: target && toDregsyLocation(target),
    mappings: mappings.map(({ from, to = "", platforms: [platform = ""] = [], tags }) => ({
      from: withSlash(from),
      to: withSlash(to),
      platform,
      tags,
    })),
  }));
}

function toDregsyLocation({ registry, auth, skipTlsVerify }: Location): unknown {
  const credentials = auth?.kind === "inline" ? auth.credentials : undefined;
  const Auth = credentials === undefined ? "" : `${credentials.username}:${credentials.password}`;
  return { Registry: registry, Auth, Skip: skipTlsVerify };
}

function withSlash(path: string): string {
  return path === "" || path.startsWith("regex:") || path.startsWith("/") ? path : `/${path}`;
}

const same = dregsyVectors.config.filter(({ id }) => !DIFFERENCES.has(id));

describe("parseSelection() answers as dregsy does", () => {
  test("but for the named differences", () => {
    expect(same.length).toBe(dregsyVectors.config.length - DIFFERENCES.size);
    expect(same.length).toBeGreaterThan(80);
  });

  test.each(same.filter(({ error }) => error === undefined))("$id", ({ yaml, config }) => {
    const { selection, problems } = parse(yaml);

    expect(problems).toEqual([]);
    expect(selection && toDregsy(selection)).toEqual(
      (config?.tasks ?? []).map(({ source, target, mappings, ...task }) => ({
        ...task,
        source: { Registry: source.Registry, Auth: source.Auth, Skip: source.Skip },
        target: { Registry: target.Registry, Auth: target.Auth, Skip: target.Skip },
        mappings: (mappings ?? []).map((mapping) => ({ ...mapping, tags: mapping.tags ?? [] })),
      })),
    );
  });

  test.each(same.filter(({ error }) => error !== undefined))("$id, refused", ({ yaml, error = "" }) => {
    const { selection, problems } = parse(yaml);
    const [, line] = /line (\d+):/.exec(error) ?? [];

    expect(selection).toBeUndefined();
    expect(problems).toHaveLength(1);
    if (line !== undefined) expect(problems[0]?.line).toBe(Number(line));
  });

  test.each([
    ["auth-userpass", { username: "alex", password: "secret" }],
    ["auth-json-percent", { username: "u", password: "50%off100%d" }],
    ["auth-json-quote", { username: "u", password: 'a"b' }],
    ["auth-json-backslash", { username: "u", password: "a\\b" }],
  ])("%s differs: the credentials stay intact", (id, credentials) => {
    const { selection } = parse(dregsyVectors.config.find((vector) => vector.id === id)?.yaml ?? "");

    expect(selection?.tasks[0]?.source.auth).toEqual({ kind: "inline", credentials });
  });

  test("auth-envvar differs: the variable is looked up", () => {
    const yaml = dregsyVectors.config.find(({ id }) => id === "auth-envvar")?.yaml ?? "";
    const { selection, warnings } = parse(yaml);

    expect(selection?.tasks[0]?.source.auth).toEqual({ kind: "environment", variable: "DOCKER_AUTH" });
    expect(warnings).toMatchObject([{ code: "VARIABLE_UNSET" }]);
  });
});

const task = (fields: string): string => `relay: skopeo\ntasks:\n- ${fields.replaceAll("\n", "\n  ")}\n`;
const registries = "source: {registry: a}\ntarget: {registry: b}";

/** dregsy's fixtures, written anew from what they contain. Our answer is the code of the one problem, if any. */
const FIXTURES: Readonly<
  Record<string, { readonly yaml: string; readonly code?: string; readonly reason?: string }>
> = {
  "invalid-relay": { yaml: "relay: splunge\n", code: "RELAY_INVALID" },
  "multiple-relays": {
    yaml: "relay: skopeo\ndockerhost: unix:///a\napi-version: 1.24\n",
    code: "RELAY_INVALID",
  },
  "task-no-name": { yaml: task(`interval: 60\n${registries}`), code: "NAME_MISSING" },
  "task-low-interval": { yaml: task(`name: test\ninterval: 1\n${registries}`), code: "INTERVAL_INVALID" },
  "task-bad-interval": { yaml: task(`name: test\ninterval: -10\n${registries}`), code: "INTERVAL_INVALID" },
  "task-no-source": { yaml: task("name: test\nsource:\ntarget: {registry: b}"), code: "SOURCE_MISSING" },
  "task-no-target": {
    yaml: task("name: test\nsource: {registry: a}"),
    reason: "the target may be left out here: it can be named when the bundle is imported",
  },
  "source-no-registry": {
    yaml: task("name: test\nsource:\n  registry:\ntarget: {registry: b}"),
    code: "REGISTRY_MISSING",
  },
  "source-not-ecr": {
    yaml: task(
      "name: test\nsource:\n  registry: registry.hub.docker.com\n  auth-refresh: 10h\ntarget: {registry: b}",
    ),
    code: "AUTH_REFRESH_INVALID",
  },
  "mapping-no-from": { yaml: task(`name: test\n${registries}\nmappings:\n- from:`), code: "FROM_MISSING" },
  "skopeo-valid": {
    yaml: `lister:\n  maxItems: 50\n  cacheDuration: 30m\n${task(
      `name: test\ninterval: 30\n${registries}\nmappings:\n- from: a\n  tags: [a, b]\n  platform: linux/arm/v6`,
    )}`,
  },
  "docker-valid": {
    yaml: "relay: docker\ndocker:\n  api-version: 1.24\nlister:\n  maxItems: 50\n  cacheDuration: 30m\n",
  },
  "docker-platform-all": {
    yaml: task(`name: test\n${registries}\nmappings:\n- from: a\n  platform: all`).replace(
      "skopeo",
      "docker",
    ),
    reason:
      "dregsy loads it, and its docker relay cannot do it; here no relay copies, so all platforms can be taken",
  },
};

describe("parseSelection() answers as dregsy's own tests expect", () => {
  test.each(dregsyVectors.dregsyConfigUnitTests)("$fixture", ({ fixture, expect: expected }) => {
    const { yaml = "", code, reason } = FIXTURES[fixture] ?? {};
    const { problems } = parse(yaml);

    expect(yaml).not.toBe("");
    expect(problems.map((problem) => problem.code)).toEqual(code === undefined ? [] : [code]);
    if (reason === undefined) expect(expected.startsWith("ok")).toBe(code === undefined);
  });
});
