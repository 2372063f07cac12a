import { writeFile } from "node:fs/promises";
import { exportBundle } from "@airgap-bundle/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openFilledCache, openSources } from "../support/bundles.ts";
import { makeImage, planOf } from "../support/images.ts";
import { type RawServer, serveRaw } from "../support/raw-server.ts";
import { openSite, type Site } from "../support/site.ts";

/** Clears the screen, writes to the clipboard, makes a link, turns the direction of writing, goes back in the line. */
const EVIL =
  "\u001b[2J\u001b]52;c;eA==\u0007\u001b]8;;http://evil.example\u001b\\x\u202e\u2066\r\u009b1mok\n";

let site: Site;
let server: RawServer;

beforeAll(async () => {
  site = await openSite();
  server = await serveRaw(() => ({
    status: 403,
    body: JSON.stringify({ errors: [{ code: "DENIED", message: `no${EVIL}` }] }),
  }));
  const source = { registry: server.host };
  const mapping = { from: "team/app", to: "app", tags: [`1${EVIL}`, "2"], [`odd${EVIL}`]: 1 };
  const task = { name: `task${EVIL}`, interval: 60, source, mappings: [mapping] };
  await writeFile(site.path("evil.yaml"), JSON.stringify({ relay: "skopeo", tasks: [task] }));
  await writeEvilBundle(site.path("evil\u001b[2J.tar"));
});

afterAll(async () => {
  await server.close();
  await site.close();
});

/** Its texts are what whoever made it wanted them to be. */
async function writeEvilBundle(path: string): Promise<void> {
  const images = [["quay.io/team/app:1", makeImage(["layer"])]] as const;
  const plan = planOf(images, server.host);
  const evil = plan.images.map((image) => ({
    ...image,
    task: `t${EVIL}`,
    selectedBy: EVIL,
    platforms: [EVIL],
  }));
  await exportBundle({ ...plan, images: evil }, path, {
    openSource: await openSources(images, []),
    cache: await openFilledCache(`${path}.cache`, images),
    heading: { createdBy: `me${EVIL}`, label: EVIL },
    jobs: 1,
  });
}

test.each([
  ["config", ["config", "-c", "evil.yaml"]],
  ["plan", ["plan", "-c", "evil.yaml"]],
  ["export", ["export", "-c", "evil.yaml", "-o", "out.tar"]],
  ["inspect", ["inspect", "evil\u001b[2J.tar"]],
  ["verify", ["verify", "evil\u001b[2J.tar"]],
  ["import", ["import", "evil\u001b[2J.tar"]],
  ["import of an unknown task", ["import", "evil\u001b[2J.tar", "--task", EVIL]],
  ["inspect of a missing file", ["inspect", `no${EVIL}.tar`]],
])("%s writes no control characters but line feeds, as text and as JSON", async (_, args) => {
  for (const flags of [[], ["--json"], ["--verbose"]]) {
    const { stdout, stderr } = await site.run([...args, ...flags]);

    const output = `${stdout}${stderr}`;
    expect(output).not.toBe("");
    expect(output).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}]/u);
    if (!flags.includes("--json")) expect(output).not.toMatch(/[\p{Cf}]/u);
  }
});
