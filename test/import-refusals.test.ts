import { afterEach, beforeEach, expect, test } from "vitest";
import { writeBundle } from "./support/bundles.ts";
import { ErrorDocument, readDocument } from "./support/documents.ts";
import { makeImage } from "./support/images.ts";
import { type AnswerRequest, type RawServer, serveRaw } from "./support/raw-server.ts";
import { openSite, type Site } from "./support/site.ts";

const IMAGE = makeImage(["a".repeat(150_000)]);

let site: Site;
let server: RawServer;

beforeEach(async () => {
  site = await openSite();
  await writeBundle(site.path("out.tar"), [["r.io/app:1", IMAGE]]);
});

afterEach(async () => {
  await server.close();
  await site.close();
});

/** A registry that holds nothing and takes every blob, and answers so to manifests. */
function takeBlobs(answer: ReturnType<AnswerRequest>): AnswerRequest {
  return ({ method, url }) => {
    if (method === "HEAD") return { status: 404 };
    if (method === "PUT" && url.includes("/manifests/")) return answer;
    if (method === "POST") return { status: 202, headers: { location: "/upload?_state=secret" } };
    return { status: method === "PATCH" ? 202 : 201 };
  };
}

test("import says what a refusal means, and with --verbose the request and the registry's own words", async () => {
  const message = "Failed to process request due to 'app:1' configured as immutable.";
  const body = JSON.stringify({ errors: [{ code: "PRECONDITION", message }] });
  server = await serveRaw(takeBlobs({ status: 412, body }));
  const args = ["import", "out.tar", "--to", server.host];

  const { exitCode, stdout } = await site.run([...args, "--verbose"]);

  const url = `${server.url}/v2/app/manifests/1`;
  expect(exitCode).toBe(1);
  expect(stdout.toString()).toContain(
    `Cannot push manifest ${IMAGE.descriptor.digest} to ${server.host}/app:1: the tag`,
  );
  expect(stdout.toString()).toContain(
    `Caused by: PUT ${url} answered 412: PRECONDITION ${JSON.stringify(message)}`,
  );
  expect((await site.run(args)).stdout.toString()).not.toContain("Caused by");
});

test.each([
  ["in one PUT", []],
  ["in chunks", ["--chunk-size", "100000"]],
])(
  "import of a blob that is refused %s shows nothing of the upload's state, with --verbose neither",
  async (_how, flags) => {
    server = await serveRaw(({ method }) => {
      if (method === "HEAD") return { status: 404 };
      if (method === "DELETE") return { status: 204 };
      if (method === "POST") return { status: 202, headers: { location: "/upload?_state=SECRET" } };
      return { status: 403, body: JSON.stringify({ errors: [{ code: "DENIED", message: "not here" }] }) };
    });
    const args = ["import", "out.tar", "--to", server.host, "--verbose", ...flags];

    const text = await site.run(args);
    const json = await site.run([...args, "--json"], { env: { BUNDLE_LOG: "debug" } });

    expect(server.requests.some(({ url }) => url.includes("_state=SECRET"))).toBe(true);
    expect(text.stdout.toString()).toMatch(/Caused by: (?:PUT|PATCH) http:\S+\/upload answered 403/);
    for (const { stdout, stderr } of [text, json])
      expect(`${stdout.toString()}${stderr}`).not.toContain("SECRET");
  },
);

test("import sends blobs in pieces of --chunk-size", async () => {
  const headers = { "docker-content-digest": IMAGE.descriptor.digest };
  server = await serveRaw(takeBlobs({ status: 201, headers }));

  const { exitCode } = await site.run(["import", "out.tar", "--to", server.host, "--chunk-size", "100000"]);

  const sizes = server.requests
    .filter(({ method }) => method === "PATCH")
    .map((request) => Number(request.headers["content-length"]));
  expect(exitCode).toBe(0);
  expect(Math.max(...sizes)).toBe(100_000);
  const total = IMAGE.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
});

test("import refuses a --chunk-size that is none", async () => {
  server = await serveRaw(() => ({}));

  const run = await site.run(["import", "out.tar", "--to", server.host, "--chunk-size", "big", "--json"]);

  expect(run.exitCode).toBe(2);
  expect(readDocument(run, ErrorDocument).error).toMatchObject({ code: "USAGE" });
  expect(server.requests).toEqual([]);
});

test("row 72: import sends nothing more to a registry whose disk is full", async () => {
  await writeBundle(site.path("out.tar"), [
    ["r.io/app:1", IMAGE],
    ["r.io/other:1", makeImage(["b".repeat(1000)])],
  ]);
  const detail = { DriverName: "filesystem", Enclosed: { Op: "write", Path: "/r/startedat", Err: 28 } };
  const body = JSON.stringify({ errors: [{ code: "UNKNOWN", message: "unknown error", detail }] });
  server = await serveRaw(({ method }) => (method === "HEAD" ? { status: 404 } : { status: 500, body }));

  const args = ["import", "out.tar", "--to", server.host, "--jobs", "1"];
  const { exitCode, stdout, stderr } = await site.run(args);

  expect(exitCode).toBe(1);
  expect(stdout.toString()).toMatch(/2 failed:[\s\S]*the registry has no room left[\s\S]*Make room/);
  expect(stderr.toString()).not.toContain("Waiting");
  expect(server.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
});

test("import says of a registry that takes no pushes so, not of one of its repositories", async () => {
  await writeBundle(site.path("out.tar"), [
    ["r.io/app:1", IMAGE],
    ["r.io/other:1", makeImage(["b".repeat(1000)])],
  ]);
  server = await serveRaw(({ method }) => ({ status: method === "HEAD" ? 404 : 405 }));

  const { stdout } = await site.run(["import", "out.tar", "--to", server.host, "--jobs", "1"]);

  expect(stdout.toString()).toContain(`    Cannot push to ${server.host}: the registry takes no pushes`);
});
