import { readFile } from "node:fs/promises";
import { digestOf } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ExportDocument } from "./support/documents.ts";
import { type Exchange, openExchange } from "./support/exchange.ts";

let exchange: Exchange;

beforeEach(async () => {
  exchange = await openExchange();
});

afterEach(async () => {
  await exchange.close();
});

test("the same content gives the same bytes, however and whenever it is exported", async () => {
  const { site } = exchange;
  const from = ["export", "-c", "selection.yaml", "--platform", "all"];

  await site.run([...from, "-o", "one.tar", "--jobs", "1", "--cache-dir", "one"]);
  await site.run([...from, "-o", "two.tar", "--jobs", "16", "--cache-dir", "two"]);
  const piped = await site.run([...from, "-o", "-", "--json", "--quiet"]);
  const aside = await site.run([...from, "-o", "-", "--json", "--result", "result.json"]);

  const bundle = await readFile(site.path("one.tar"));
  const digest = digestOf(bundle);
  expect(bundle.length).toBeGreaterThan(100_000);
  expect(digestOf(await readFile(site.path("two.tar")))).toBe(digest);
  expect(piped.exitCode).toBe(0);
  expect(digestOf(piped.stdout)).toBe(digest);
  expect(digestOf(aside.stdout)).toBe(digest);
  const result = ExportDocument.parse(JSON.parse(await readFile(site.path("result.json"), "utf8")));
  expect(result).toMatchObject({ failed: [], images: 15 });
  expect(ExportDocument.parse(JSON.parse(piped.stderr))).toMatchObject({ bundle: result.bundle });
  expect(aside.stderr).not.toContain(result.bundle);
});

test("two fleets from the same seed are the same, and so are their bundles", async () => {
  const other = await openExchange();
  const args = (host: string): string[] => [
    ...["export", "-c", "mirrored.yaml", "-o", "out.tar"],
    ...["--mirror", `docker.io=${host}`],
  ];
  try {
    for (const { site, source } of [exchange, other]) {
      const mappings = [{ from: "spaceone/attested", tags: ["1.11.0"] }];
      await site.select("mirrored.yaml", { registry: "docker.io", mappings });
      await site.run(args(source.host));
    }

    const bundle = await readFile(exchange.site.path("out.tar"));
    expect(digestOf(await readFile(other.site.path("out.tar")))).toBe(digestOf(bundle));
  } finally {
    await other.close();
  }
});
