import { afterEach, beforeEach, expect, test } from "vitest";
import { type Exchange, openExchange } from "./support/exchange.ts";

let exchange: Exchange;

beforeEach(async () => {
  exchange = await openExchange();
});

afterEach(async () => {
  await exchange.close();
});

test("BUNDLE_LOG=debug tells of every request of an export and of an import, without queries", async () => {
  const { site, target } = exchange;
  const options = { env: { BUNDLE_LOG: "debug" } };

  const exported = await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--quiet"], options);
  const imported = await site.run(["import", "out.tar", "--to", target.host, "--quiet"], options);

  expect(exported.exitCode).toBe(0);
  expect(exported.stderr).toMatch(
    /^debug: GET http:\/\/127\.0\.0\.1:\d+\/v2\/\S+\/tags\/list: 200 in \d+ ms$/m,
  );
  expect(exported.stderr).toMatch(/^debug: GET http:\S+\/blobs\/sha256:[0-9a-f]{64}: 200 in \d+ ms$/m);
  expect(imported.exitCode).toBe(0);
  expect(imported.stderr).toMatch(/^debug: PUT http:\S+\/manifests\/\S+: 201 in \d+ ms$/m);
  expect(`${exported.stderr}${imported.stderr}`).not.toContain("?");
});

test("BUNDLE_LOG of another value is an error that names the one there is", async () => {
  const run = await exchange.site.run(["plan", "-c", "selection.yaml"], { env: { BUNDLE_LOG: "all" } });

  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('Cannot use BUNDLE_LOG "all": it is not debug');
});

test("BUNDLE_LOG=debug tells of a registry that cannot be connected to", async () => {
  const { site, target } = exchange;
  await target.close();
  const args = ["import", "out.tar", "--to", target.host, "--quiet"];
  await site.run(["export", "-c", "selection.yaml", "-o", "out.tar", "--quiet"]);

  const { stderr } = await site.run(args, { env: { BUNDLE_LOG: "debug" } });

  expect(stderr).toContain(`debug: CONNECT https://${target.host}: ECONNREFUSED in `);
});
