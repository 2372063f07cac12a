import { createMemoryStore } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument, readDocument } from "./support/documents.ts";
import { contentsOf, makeImage, putManifest } from "./support/images.ts";
import { type RawServer, serveRaw } from "./support/raw-server.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/** Config and layer: two blobs. */
const IMAGE = makeImage(["layer"]);
const CONTENTS = contentsOf([IMAGE]);
const EXPIRED = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

let site: Site;
let source: TestRegistry;
let storage: RawServer;
/** How often a blob is refused before it is given. */
let refusals: number;
let status: number;

beforeEach(async () => {
  refusals = 1;
  status = 403;
  const seen = new Map<string, number>();
  storage = await serveRaw(({ url }) => {
    const digest = url.slice(1).split("?", 1)[0] ?? "";
    const times = (seen.get(digest) ?? 0) + 1;
    seen.set(digest, times);
    if (times <= refusals) return { status, body: EXPIRED, headers: { "www-authenticate": "Basic" } };
    return { body: CONTENTS.get(digest) ?? "" };
  });
  let signature = 0;
  const redirectBlobsTo = (digest: string): string => `${storage.url}/${digest}?signature=${++signature}`;
  const user = { username: "ann", password: "secret" };
  const store = createMemoryStore();
  await putManifest(store.openRepository("team/app"), IMAGE, "1");
  source = await openTestRegistry({ store, quirks: { redirectBlobsTo }, auth: { kind: "basic", ...user } });
  site = await openSite();
  await site.select("selection.yaml", {
    registry: source.host,
    auth: Buffer.from(JSON.stringify(user)).toString("base64"),
    mappings: [{ from: "team/app", tags: ["1"] }],
  });
});

afterEach(async () => {
  for (const one of [site, source, storage]) await one.close();
});

test.each([400, 401, 403])(
  "a signed URL that is refused with %i is asked for anew at the registry",
  async (code) => {
    status = code;

    const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--json"]);

    expect(readDocument(exported, ExportDocument)).toMatchObject({ images: 1, failed: [] });
    const urls = storage.requests.map(({ url }) => url);
    expect(urls).toHaveLength(4);
    expect(new Set(urls).size).toBe(4);
    expect(storage.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  },
);
