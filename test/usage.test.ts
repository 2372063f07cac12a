import { access } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorDocument, readDocument } from "./support/documents.ts";
import { type Exchange, openExchange } from "./support/exchange.ts";

let exchange: Exchange;

beforeAll(async () => {
  exchange = await openExchange();
  const { site, source } = exchange;
  const image = { from: "spaceone/oci-image", to: "mirror/app", tags: ["1.11.0"] };
  const other = { ...image, from: "spaceone/docker-image" };
  await site.select("one.yaml", { registry: source.host, mappings: [image] });
  await site.select("same-target.yaml", { registry: source.host, mappings: [image, other] });
  await site.select("twice.yaml", { registry: source.host, mappings: [image, image] });
  await site.run(["export", "-c", "one.yaml", "-o", "one.tar"]);
});

afterAll(async () => {
  await exchange.close();
});

test.each([
  [
    "two images for one target",
    ["export", "-c", "same-target.yaml", "-o", "out.tar"],
    "TARGET_CONFLICT",
    /mirror\/app:1\.11\.0.*spaceone\/oci-image.*spaceone\/docker-image/,
  ],
  ["two images for one target", ["plan", "-c", "same-target.yaml"], "TARGET_CONFLICT", /mirror\/app/],
  ["an unknown task", ["export", "-c", "one.yaml", "-o", "out.tar", "--task", "flee"], "USAGE", /flee/],
  ["an unknown task", ["import", "one.tar", "--to", "127.0.0.1:1", "--task", "flee"], "USAGE", /flee/],
  ["no target at all", ["import", "one.tar"], "TARGET_MISSING", /oci-image/],
  ["a missing bundle", ["import", "none.tar", "--to", "127.0.0.1:1"], "USAGE", /none\.tar/],
  ["a pipe in place of a bundle", ["verify", "-"], "USAGE", /from stdin/],
  [
    "a bundle in place of a selection",
    ["plan", "-c", "one.tar"],
    "USAGE",
    /it is a tar file, such as a bundle/,
  ],
  ["a missing selection", ["export", "-c", "none.yaml", "-o", "out.tar"], "USAGE", /none\.yaml/],
])("%s ends with status 2: %j", async (_, args, code, message) => {
  const { site, source } = exchange;
  source.takeCounts();

  const run = await site.run([...args, "--json"]);

  const { error } = readDocument(run, ErrorDocument);
  expect(run.exitCode).toBe(2);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  // The configs tell the platforms of the two images; no layer is fetched.
  expect(source.takeCounts()["GET blob"] ?? 0).toBeLessThanOrEqual(2);
  await expect(access(site.path("out.tar"))).rejects.toThrow();
});

test.each([
  [["plan", "-c", "one.yaml", "--mirror", "docker.io=ada:secret@cache.example.com"]],
  [["plan", "-c", "one.yaml", "--mirror", "ada:secret@docker.io=cache.example.com"]],
  [["plan", "-c", "one.yaml", "--mirror", "ada:secret@cache.example.com"]],
  [["import", "one.tar", "--to", "ada:secret@registry.example.com"]],
])("a password where none belongs is not repeated: %j", async (args) => {
  const { exitCode, stderr } = await exchange.site.run(args);

  expect(exitCode).toBe(2);
  expect(stderr).toContain("***@");
  expect(stderr).not.toContain("secret");
});

test("two mappings with the same content for one target are one image", async () => {
  const { site } = exchange;

  const run = await site.run(["export", "-c", "twice.yaml", "-o", "twice.tar", "--json"]);

  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ images: 1, failed: [] });
});

test("a selection that is named without -c is recognised as one", async () => {
  const run = await exchange.site.run(["plan", "one.yaml"]);

  expect(run.stderr).toBe(
    "Error: Unexpected argument: one.yaml\n  Did you mean -c one.yaml? See bundle plan --help\n",
  );
  expect(run.exitCode).toBe(2);
});

test("an argument too many is taken for a selection only where none is named", async () => {
  const run = await exchange.site.run(["plan", "-c", "one.yaml", "two.yaml"]);

  expect(run.stderr).toBe("Error: Unexpected argument: two.yaml\n  See bundle plan --help\n");
  expect(run.exitCode).toBe(2);
});

test.each([
  [
    ["--created", "yesterday"],
    {},
    "Write date, time and offset so, or leave it out; see bundle export --help",
  ],
  [
    [],
    { SOURCE_DATE_EPOCH: "now" },
    "Set it to the seconds since 1970, as date +%s prints them, or unset it",
  ],
])("a time that is none says how it is written: %j", async (flags, env, hint) => {
  const run = await exchange.site.run(["export", "-c", "one.yaml", "-o", "new.tar", ...flags], { env });

  expect(run.stderr).toContain(`\n  ${hint}\n`);
  expect(run.exitCode).toBe(2);
});

test.each([
  ["export -c one.yaml -o", "-o"],
  ["plan -c", "-c"],
  ["import one.tar --to", "--to"],
  ["verify", "BUNDLE"],
])("%s with an empty value ends at once", async (line, name) => {
  const run = await exchange.site.run([...line.split(" "), ""]);

  expect(run.stderr).toBe(
    `Error: Cannot use ${name}: its value is empty\n  Give it a value; a variable of the shell may not be set\n`,
  );
  expect(run.exitCode).toBe(2);
  await expect(access(exchange.site.path(".partial"))).rejects.toThrow();
});

test("import names --to where the registry that the bundle names cannot be reached", async () => {
  const { site, source } = exchange;
  const mappings = [{ from: "spaceone/oci-image", tags: ["1.11.0"] }];
  await site.select("inside.yaml", { registry: source.host, target: "127.0.0.1:1", mappings });
  await site.run(["export", "-c", "inside.yaml", "-o", "inside.tar"]);

  const [run, named] = await Promise.all([
    site.run(["import", "inside.tar"]),
    site.run(["import", "inside.tar", "--to", "127.0.0.1:1"]),
  ]);

  expect(run.stdout.toString()).toContain("The bundle names this registry; --to HOST[/PREFIX] names another");
  expect(named.stdout.toString()).toContain("ECONNREFUSED");
  expect(named.stdout.toString()).not.toContain("--to HOST");
}, 60_000);
