import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { platform } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorDocument } from "./support/documents.ts";
import { makeImage, putManifest } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const DEV = fileURLToPath(new URL("../packages/bundle/bin/dev.js", import.meta.url));

let site: Site;
let source: TestRegistry;

beforeAll(async () => {
  site = await openSite();
  source = await openTestRegistry();
  await putManifest(source.store.openRepository("app"), makeImage(["a".repeat(500_000)]), "1");
  await site.select("selection.yaml", { registry: source.host, mappings: [{ from: "app", tags: ["1"] }] });
});

afterAll(async () => {
  await source.close();
  await site.close();
});

/** Runs `bundle` with a stdout that takes nothing: full(4). */
async function runFull(...args: string[]): Promise<{ readonly exitCode: unknown; readonly stderr: string }> {
  const command = [process.execPath, "--conditions=source", DEV, ...args];
  const env = { PATH: process.env["PATH"], HOME: site.directory };
  return await new Promise((resolve) => {
    execFile(
      "/bin/sh",
      ["-c", 'exec "$0" "$@" > /dev/full', ...command],
      { cwd: site.directory, env, timeout: 60_000 },
      (error, _, stderr) => resolve({ exitCode: error?.code ?? 0, stderr }),
    );
  });
}

describe.skipIf(platform() !== "linux")("with a full disk behind stdout", () => {
  test.each([
    [["config", "-c", "selection.yaml"]],
    [["plan", "-c", "selection.yaml", "--json", "--quiet"]],
    [["--help"]],
  ])("%j says so", async (args) => {
    const { exitCode, stderr } = await runFull(...args);

    expect(stderr).toMatch(/Error: Cannot write the result to stdout: no space is left\n {2}Make room/);
    expect(exitCode).toBe(1);
  });

  test("row 103: an export into it says so, and leaves that as its result", async () => {
    const args = ["export", "-c", "selection.yaml", "-o", "-", "--result", "result.json", "--json"];
    const { exitCode, stderr } = await runFull(...args);

    const { error } = ErrorDocument.parse(JSON.parse(await readFile(site.path("result.json"), "utf8")));
    expect(stderr).toContain("Error: Cannot write the bundle to stdout: no space is left\n");
    expect(error).toMatchObject({ code: "NO_SPACE" });
    expect(exitCode).toBe(1);
  });
});
