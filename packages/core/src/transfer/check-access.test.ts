import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRegistries, type MemoryRegistries, writeBundle } from "../../../../test/support/bundles.ts";
import { makeImage } from "../../../../test/support/images.ts";
import { type OpenedBundle, openBundle } from "../bundle/open-bundle.ts";
import { BundleError } from "../error.ts";
import type { TransferEvent } from "../events.ts";
import type { Repository } from "../repository.ts";
import { importBundle } from "./import-bundle.ts";
import type { ImportOptions } from "./import-options.ts";
import { planImport } from "./plan-import.ts";

const DENIED = new BundleError("DENIED", "Cannot push to a");
const READ_ONLY = new BundleError("UNSUPPORTED", "Cannot push: read-only", { stops: "registry" });
const QUOTA = new BundleError("DENIED", "Cannot push: its quota is used up", { stops: "repository" });

let directory: string;
let bundle: OpenedBundle;
let registries: MemoryRegistries;
/** `METHOD REPOSITORY` of every call that writes, or asks whether it may. */
let calls: string[];

beforeEach(async () => {
  calls = [];
  directory = await mkdtemp(join(tmpdir(), "access-"));
  const path = join(directory, "out.tar");
  await writeBundle(path, [
    ["r.io/a:1", makeImage(["largest".repeat(100), "a1"])],
    ["r.io/a:2", makeImage(["large".repeat(100), "a2"])],
    ["r.io/b:1", makeImage(["b1"])],
    ["r.io/c:1", makeImage(["c1"])],
  ]);
  bundle = await openBundle(path);
  registries = await createRegistries();
});

afterEach(async () => {
  await bundle.close();
  await rm(directory, { recursive: true, force: true });
});

type Refuse = (
  method: "checkPush" | "putBlob" | "putManifest",
  repository: string,
) => BundleError | undefined;

async function run(refuse: Refuse, options: Partial<ImportOptions> = {}): ReturnType<typeof importBundle> {
  const openRepository: ImportOptions["openRepository"] = ({ target }): Repository => {
    const held = registries.openRepository(target);
    const call = (method: Parameters<Refuse>[0]): void => {
      calls.push(`${method} ${target.repository}`);
      const error = refuse(method, target.repository);
      if (error !== undefined) throw error;
    };
    return {
      ...held,
      checkPush: async () => call("checkPush"),
      putBlob: async (...blob) => {
        call("putBlob");
        return await held.putBlob(...blob);
      },
      putManifest: async (...manifest) => {
        call("putManifest");
        await held.putManifest(...manifest);
      },
    };
  };
  return await importBundle(bundle, planImport(bundle.document), { openRepository, jobs: 1, ...options });
}

function statuses({ images }: Awaited<ReturnType<typeof run>>): readonly string[] {
  return images.map(({ status }) => status);
}

describe("checkAccess()", () => {
  test("asks every repository once, before anything is sent", async () => {
    await run(() => undefined, { jobs: 3 });

    expect(calls.slice(0, 3).sort()).toEqual(["checkPush a", "checkPush b", "checkPush c"]);
    expect(calls.filter((call) => call.startsWith("checkPush"))).toHaveLength(3);
  });

  test("fails the images of those that may not be written, tells it at once, and lets the others go", async () => {
    const events: TransferEvent[] = [];

    const report = await run(
      (method, name) => (method === "checkPush" && name === "a" ? DENIED : undefined),
      {
        onEvent: (event) => events.push(event),
      },
    );

    expect(statuses(report)).toEqual(["failed", "failed", "pushed", "pushed"]);
    expect(report.images[0]).toMatchObject({ code: "DENIED", message: DENIED.message });
    expect(calls).not.toContain("putBlob a");
    const told = events.findIndex(({ kind }) => kind === "warning");
    const message = "Cannot push to a; images left out: 2";
    expect(events[told]).toEqual({ kind: "warning", code: "DENIED", message });
    expect(told).toBeLessThan(events.findIndex(({ kind }) => kind === "blob-start"));
  });

  test("lets nothing be sent where no repository may be written", async () => {
    const report = await run((method) => (method === "checkPush" ? DENIED : undefined));

    expect(statuses(report)).toEqual(["failed", "failed", "failed", "failed"]);
    expect(calls).toEqual(["checkPush a", "checkPush b", "checkPush c"]);
  });

  test("asks nothing where every image is there already", async () => {
    await run(() => undefined);
    calls = [];

    await run(() => DENIED);

    expect(calls).toEqual([]);
  });

  test("finds in a dry run what may not be written", async () => {
    const report = await run((_method, name) => (name === "b" ? DENIED : undefined), { isDryRun: true });

    expect(statuses(report)).toEqual(["planned", "planned", "failed", "planned"]);
    expect(calls).toEqual(["checkPush a", "checkPush b", "checkPush c"]);
  });

  test("stops when it is told to", async () => {
    const controller = new AbortController();
    const refuse = (): undefined => controller.abort(new Error("stopped")) as undefined;

    await expect(run(refuse, { signal: controller.signal })).rejects.toThrow("stopped");
    expect(calls).toEqual(["checkPush a"]);
  });
});

describe("what a registry refuses whatever is pushed", () => {
  test("row 74: a registry that is read-only is asked once", async () => {
    const report = await run(() => READ_ONLY);

    const [first] = report.images;
    const message = `Cannot push to ${first?.target.split("/")[0]}: read-only`;
    expect(calls).toEqual(["checkPush a"]);
    for (const image of report.images)
      expect(image).toMatchObject({ status: "failed", code: "UNSUPPORTED", message });
  });

  test.each(["putBlob", "putManifest"] as const)(
    "row 74: a registry that becomes read-only gets nothing more: %s",
    async (refused) => {
      const report = await run((method) => (method === refused ? READ_ONLY : undefined));

      expect(statuses(report)).toEqual(["failed", "failed", "failed", "failed"]);
      expect(calls.filter((call) => call.startsWith(refused))).toHaveLength(1);
      expect(calls.at(-1)).toBe(`${refused} a`);
    },
  );

  test("row 72: a repository over its quota gets nothing more, others do", async () => {
    const report = await run((method, name) => (method === "putBlob" && name === "a" ? QUOTA : undefined));

    expect(statuses(report)).toEqual(["failed", "failed", "pushed", "pushed"]);
    expect(report.images[1]).toMatchObject({ code: "DENIED", message: QUOTA.message });
    expect(calls.filter((call) => call === "putBlob a")).toHaveLength(1);
  });
});
