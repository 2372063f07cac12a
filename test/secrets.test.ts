import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMemoryStore, MEDIA_TYPES, type Store } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultProxy, serveFaults } from "./faults/serve-faults.ts";
import { seededBytes } from "./fleet/seeded-bytes.ts";
import { ExportDocument, readDocument } from "./support/documents.ts";
import { makeBlob, putManifest } from "./support/images.ts";
import { type ProxyServer, serveProxy } from "./support/proxy-server.ts";
import type { BundleRun } from "./support/run-bundle.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const TOKENS = { username: "ann", password: "token pass/word+1" };
const BASIC = { username: "ben", password: "basic:pass?word&2" };
const TARGET = { username: "cora", password: 'target "pass" word%3' };
const WRONG = { username: "dan", password: "wrong pass#word=4" };
const PROXY = { username: "eve", password: "proxy pass@word/5" };
/** A name that only the proxy knows. */
const BEHIND_PROXY = "tokens.test:5000";
const MIB = 1024 * 1024;
/** The one at the second registry is large enough to be stopped in twice. */
const LAYERS = { one: makeBlob(seededBytes("one", MIB)), two: makeBlob(seededBytes("two", 8 * MIB)) };
/** So much of that one comes before nothing more does: a line of the journal is written each MiB… */
const STALL_AT = 2.5 * MIB;
/** …but not if it comes within a moment. */
const BYTES_PER_SECOND = 20 * MIB;
/** What the operator wrote, with secrets in it. */
const OWN_FILES: ReadonlySet<string> = new Set(["selection.yaml", "wrong.yaml", "auth.json"]);
const LOUD = ["--json", "--verbose"];
const JOURNAL = "out.tar.partial.journal";

let site: Site;
let target: TestRegistry;
let registries: readonly TestRegistry[];
let tokens: FaultProxy;
let basic: FaultProxy;
let proxy: ProxyServer;
/** Does the layer stall? */
let isSlow: boolean;
/** What was printed, and files as they were after each run. */
let produced: (readonly [name: string, content: Buffer])[];

beforeEach(async () => {
  produced = [];
  isSlow = true;
  target = await openTestRegistry({ auth: { kind: "basic", ...TARGET } });
  registries = [
    target,
    await openTestRegistry({ store: await fillStore("one"), auth: { kind: "bearer", ...TOKENS } }),
    await openTestRegistry({ store: await fillStore("two"), auth: { kind: "basic", ...BASIC } }),
  ];
  tokens = await serveFaults({ registry: registries[1]?.host ?? "" });
  basic = await serveFaults({
    registry: registries[2]?.host ?? "",
    bytesPerSecond: BYTES_PER_SECOND,
    choose({ method, path }) {
      if (method === "GET" && path.startsWith("/v2/") && path.includes("/blobs/"))
        return { kind: "redirect" };
      if (!isSlow || !path.startsWith("/storage/")) return undefined;
      return { kind: "stall", at: STALL_AT, ms: Infinity };
    },
  });
  const login = `${PROXY.username}:${PROXY.password}`;
  proxy = await serveProxy({ names: { [BEHIND_PROXY]: tokens.host }, login });
  site = await openSite();
  await writeFile(site.path("selection.yaml"), formatTasks(BASIC));
  await writeFile(site.path("wrong.yaml"), formatTasks(WRONG));
  const auth = base64(`${TARGET.username}:${TARGET.password}`);
  await writeFile(site.path("auth.json"), JSON.stringify({ auths: { [target.host]: { auth } } }));
});

afterEach(async () => {
  for (const one of [site, proxy, tokens, basic, ...registries]) await one.close();
});

test("no secret of a whole run is in anything that it produced", async () => {
  const { username, password } = PROXY;
  const proxyUrl = `http://${username}:${encodeURIComponent(password)}@${proxy.host}`;
  const env = {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    NO_PROXY: "127.0.0.1",
    BUNDLE_LOG: "debug",
  };
  const take = [...["-c", "selection.yaml"], ...LOUD];
  const exporting = ["export", ...take, "-o", "out.tar"];
  const run = async (...args: readonly string[]): Promise<BundleRun> => {
    const ended = await site.run(args, { env });
    await keep(args.join(" "), ended);
    return ended;
  };
  const stop = async (how: NodeJS.Signals): Promise<BundleRun> => {
    const before = await countNotes();
    const { child, finished } = site.start(exporting, { env });
    await expect.poll(countNotes, { timeout: 30_000 }).toBeGreaterThan(before);
    child.kill(how);
    const ended = await finished;
    await keep(how, ended);
    return ended;
  };

  const config = await run("config", ...take);
  const planned = await run("plan", ...take, "-o", "plan.json");
  const interrupted = await stop("SIGINT");
  const killed = await stop("SIGKILL");
  isSlow = false;
  const refused = await run("export", "-c", "wrong.yaml", "-o", "wrong.tar", ...LOUD);
  const exported = await run(...exporting, "--result", "result.json");
  const anonymous = await run("import", "out.tar", "--to", target.host, ...LOUD);
  const imported = await run("import", "out.tar", "--to", target.host, "--authfile", "auth.json", ...LOUD);

  expect(
    [config, planned, interrupted, killed, refused, exported, anonymous, imported].map(
      ({ exitCode }) => exitCode,
    ),
  ).toEqual([0, 0, 130, null, 5, 0, 5, 0]);
  const result = await readFile(site.path("result.json"));
  expect(readDocument({ ...exported, stdout: result }, ExportDocument)).toMatchObject({
    images: 2,
    failed: [],
  });
  // Each kind of secret was used, or looking for it proves nothing.
  const authorizations = [...tokens.authorizations, ...basic.authorizations];
  const token = authorizations.find((value) => value.startsWith("Bearer ")) ?? "";
  expect(findSecrets([["a token", Buffer.from(`{"token":"${token.slice(7)}"}`)]])).toEqual(["a token"]);
  expect(findSecrets([["a URL", Buffer.from(basic.signatures[0] ?? "")]])).toEqual(["a URL"]);
  expect(authorizations.some((value) => value.startsWith("Basic "))).toBe(true);
  expect(proxy.requests.some(({ authorization }) => authorization !== undefined)).toBe(true);
  expect(produced.length).toBeGreaterThan(30);
  expectUnfinished("SIGINT");
  expectUnfinished("SIGKILL");
  expect(findSecrets(produced)).toEqual([]);
});

test.each([
  ["plain", TARGET.password],
  ["in base64", base64(`${TARGET.username}:${TARGET.password}`)],
  ["in a URL", encodeURIComponent(PROXY.password)],
  ["as JSON", JSON.stringify(TARGET.password)],
])("a secret %s would be found", (_, form) => {
  const found = findSecrets([
    ["trace.bin", Buffer.from(`\0before ${form} behind`)],
    ["other.bin", Buffer.from("nothing of it")],
  ]);

  expect(found).toEqual(["trace.bin"]);
});

/** Lines of the journal about the layer that stalls. */
async function countNotes(): Promise<number> {
  const isThere = (await readdir(site.directory)).includes(JOURNAL);
  return isThere ? notesIn(await readFile(site.path(JOURNAL))) : 0;
}

function notesIn(journal: Buffer): number {
  return journal.toString().split(LAYERS.two.descriptor.digest).length - 1;
}

/** Is what a run leaves that was stopped in the middle of a layer among what is searched? */
function expectUnfinished(how: NodeJS.Signals): void {
  const files = produced.filter(([name]) => name.endsWith(` after ${how}`));
  const contentOf = (end: string): Buffer =>
    files.find(([name]) => name.endsWith(`${end} after ${how}`))?.[1] ?? Buffer.alloc(0);
  expect(notesIn(contentOf(`/${JOURNAL}`))).toBeGreaterThan(0);
  expect(contentOf("/out.tar.partial").length).toBeGreaterThan(MIB);
  expect(files.filter(([name]) => name.startsWith(site.cacheDirectory)).length).toBeGreaterThan(2);
}

/** Keeps what a run printed, and every file there is after it. */
async function keep(name: string, { stdout, stderr }: BundleRun): Promise<void> {
  produced.push([`stdout of ${name}`, stdout], [`stderr of ${name}`, Buffer.from(stderr)]);
  const entries = await readdir(site.directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || OWN_FILES.has(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    produced.push([`${path} after ${name}`, await readFile(path)]);
  }
}

/** Names of what holds a secret. */
function findSecrets(contents: readonly (readonly [name: string, content: Buffer])[]): readonly string[] {
  const authorizations = [...tokens.authorizations, ...basic.authorizations];
  const secrets = new Set([
    ...[TOKENS, BASIC, TARGET, WRONG, PROXY].flatMap(formsOf),
    ...authorizations.map((value) => value.replace(/^\w+ /, "")),
    ...basic.signatures,
  ]);
  return contents
    .filter(([, content]) => [...secrets].some((secret) => content.includes(secret)))
    .map(([name]) => name);
}

/** A password as it is, as headers, files of credentials, URLs and JSON have it. */
function formsOf(user: { readonly username: string; readonly password: string }): readonly string[] {
  const { username, password } = user;
  return [
    password,
    encodeURIComponent(password),
    JSON.stringify(password).slice(1, -1),
    base64(password),
    base64(`${username}:${password}`),
    base64(JSON.stringify(user)),
  ];
}

async function fillStore(name: keyof typeof LAYERS): Promise<Store> {
  const store = createMemoryStore();
  const config = makeBlob(JSON.stringify({ name }), MEDIA_TYPES.ociConfig);
  const layer = LAYERS[name];
  const mediaType = MEDIA_TYPES.ociManifest;
  const manifest = { schemaVersion: 2, mediaType, config: config.descriptor, layers: [layer.descriptor] };
  const image = { ...makeBlob(JSON.stringify(manifest), mediaType), blobs: [config, layer], children: [] };
  await putManifest(store.openRepository(`team/${name}`), { ...image, entry: {} }, "1");
  return store;
}

/** A task for each registry. JSON is YAML. */
function formatTasks(user: typeof BASIC): string {
  const sources = [
    { name: "one", source: { registry: BEHIND_PROXY, auth: authOf(TOKENS), "skip-tls-verify": true } },
    { name: "two", source: { registry: basic.host, auth: authOf(user) } },
  ];
  const tasks = sources.map(({ name, source }) => ({
    ...{ name, interval: 3600, source },
    mappings: [{ from: `team/${name}`, to: `mirror/${name}`, tags: ["1"] }],
  }));
  return JSON.stringify({ relay: "skopeo", tasks });
}

function authOf(user: object): string {
  return base64(JSON.stringify(user));
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
