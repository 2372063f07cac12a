import { afterEach, beforeEach, expect, test } from "vitest";
import { PlanDocument, readDocument } from "./support/documents.ts";
import { type RawServer, serveRaw } from "./support/raw-server.ts";
import { openSite, type Site } from "./support/site.ts";

let site: Site;
let source: RawServer;

beforeEach(async () => {
  source = await serveRaw(({ url }) =>
    url.includes("/tags/list")
      ? { body: JSON.stringify({ tags: ["1.0", "sha256:00", "\u001b[2J"] }) }
      : { status: url === "/v2/" ? 200 : 404 },
  );
  site = await openSite();
});

afterEach(async () => {
  for (const one of [site, source]) await one.close();
});

test("what is odd about a list of tags is shown, and is in the plan's document", async () => {
  const mappings = [{ from: "team/app", tags: ["regex:.*"] }];
  await site.select("selection.yaml", { registry: source.host, mappings });

  const planned = await site.run(["plan", "-c", "selection.yaml", "--json"]);

  const { images, failed, warnings } = readDocument(planned, PlanDocument);
  expect([planned.exitCode, images, failed]).toEqual([0, [], []]);
  expect(warnings.map(({ code }) => code)).toEqual(["TAGS_MALFORMED", "TAG_GONE"]);
  for (const { message } of warnings) expect(planned.stderr).toContain(message);
  expect(planned.stderr).not.toContain("\u001b[2J");
});

test("a tag that the selection names must be there", async () => {
  await site.select("selection.yaml", {
    registry: source.host,
    mappings: [{ from: "team/app", tags: ["1.0"] }],
  });

  const planned = await site.run(["plan", "-c", "selection.yaml", "--json"]);

  expect(planned.exitCode).toBe(1);
  expect(readDocument(planned, PlanDocument).failed).toMatchObject([{ code: "MANIFEST_UNKNOWN" }]);
});
