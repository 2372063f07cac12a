import { writeFile } from "node:fs/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeBundle } from "./support/bundles.ts";
import { ImportDocument, readDocument } from "./support/documents.ts";
import { makeImage, putManifest } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const USER = { username: "ci", password: "secret" };
const OLD = makeImage(["old"]);

let site: Site;
let target: TestRegistry;
let args: readonly string[];

/** A registry from which this user may pull everything, and to which it may push `open/` only. */
beforeEach(async () => {
  site = await openSite();
  await writeBundle(site.path("out.tar"), [
    ["r.io/closed/app:1", makeImage(["app"])],
    ["r.io/closed/tool:1", makeImage(["tool"])],
    ["r.io/open/app:1", makeImage(["open"])],
  ]);
  const store = createMemoryStore();
  await putManifest(store.openRepository("open/app"), OLD, "1");
  target = await openTestRegistry({
    store,
    auth: {
      kind: "bearer",
      ...USER,
      grant: ({ repository = "", action }) => action === "pull" || repository.startsWith("open/"),
    },
  });
  const auth = Buffer.from(`${USER.username}:${USER.password}`).toString("base64");
  await writeFile(site.path("auth.json"), JSON.stringify({ auths: { [target.host]: { auth } } }));
  args = ["import", "out.tar", "--to", target.host, "--authfile", "auth.json"];
});

afterEach(async () => {
  await target.close();
  await site.close();
});

test("a dry run finds every repository that may not be written, and which tags would move", async () => {
  const { exitCode, stdout } = await site.run([...args, "--dry-run"]);

  const text = stdout.toString();
  expect(exitCode).toBe(5);
  expect(text).toContain(`planned  ${target.host}/open/app:1`);
  expect(text).toContain(`1 tag would move:\n  ${target.host}/open/app:1  was ${OLD.descriptor.digest}`);
  expect(text).toContain("2 failed:");
  const counts = target.takeCounts();
  expect(counts).not.toHaveProperty(["PUT upload"]);
  expect(counts).toMatchObject({ "DELETE upload": 1 });
});

test("an import says before it sends anything what may not be written, and pushes the rest", async () => {
  const { exitCode, stdout, stderr } = await site.run(args);

  expect(exitCode).toBe(5);
  expect(stderr).toMatch(/Warning: Cannot push to \S+\/closed\/app: .*; images left out: 1/);
  expect(stderr).toMatch(/Warning: Cannot push to \S+\/closed\/tool: .*; images left out: 1/);
  expect(stdout.toString()).toContain(`pushed  ${target.host}/open/app:1`);
});

test("row 79: --on-existing-tag skip is no failure, and fail is one", async () => {
  const [skip, fail] = ["skip", "fail"].map((policy) => [...args, "--json", "--on-existing-tag", policy]);

  const skipped = readDocument(await site.run(skip ?? []), ImportDocument);
  const failed = readDocument(await site.run(fail ?? []), ImportDocument);

  expect(skipped.images[2]).toMatchObject({ status: "skipped" });
  expect(skipped.images[2]).not.toHaveProperty("code");
  expect(failed.images[2]).toMatchObject({ status: "failed", code: "TAG_EXISTS" });
  expect(await target.store.openRepository("open/app").resolve("1")).toEqual(OLD.descriptor);
});

test("where all images are there already an import asks for each tag once, and nothing else", async () => {
  const store = createMemoryStore();
  const open = await openTestRegistry({ store });
  const again = ["import", "out.tar", "--to", open.host];
  await site.run(again);
  open.takeCounts();

  const { exitCode } = await site.run(again);

  expect(exitCode).toBe(0);
  expect(open.takeCounts()).toEqual({ "HEAD manifest": 3 });
  await open.close();
});
