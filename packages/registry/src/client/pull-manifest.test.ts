import { digestOf, MEDIA_TYPES, type Repository } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import type { RawAnswer, RawRequest } from "../../../../test/support/raw-server.ts";
import { watchWarnings } from "../../../../test/support/watch-warnings.ts";

const IMAGE = makeImage(["layer"]);
const { mediaType, digest, size } = IMAGE.descriptor;
const HEADERS = { "content-type": mediaType, "docker-content-digest": digest };
const SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

const { open, openOdd, serveOdd } = useClients();

/** A repository that answers HEAD and GET of manifests so, what was asked of it, and the warnings. */
async function openWith(
  head: RawAnswer,
  get: RawAnswer,
): Promise<Repository & { readonly methods: () => string[]; readonly warnings: readonly string[] }> {
  const { server } = await openOdd(({ method }: RawRequest) => (method === "HEAD" ? head : get));
  const { warnings, onEvent } = watchWarnings();
  return {
    ...open(server.host, { onEvent }).openRepository("team/app"),
    // Where the first answer is 400, what stands in front of the registry is asked once at the base endpoint.
    methods: () => server.requests.filter(({ url }) => url !== "/v2/").map(({ method }) => method),
    warnings,
  };
}

describe("a HEAD of a manifest", () => {
  test.each([400, 405, 406, 501])("that is answered with %i is followed by a GET", async (status) => {
    const repository = await openWith({ status }, { headers: HEADERS, body: IMAGE.content });

    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
    expect(repository.methods()).toEqual(["HEAD", "GET"]);
  });

  test.each([
    [403, "DENIED", "DENIED", "the project is not yours"],
    [412, "PROJECTPOLICYVIOLATION", "REGISTRY_FAILED", "the image has vulnerabilities"],
  ])("that is answered with %i says what a GET says", async (status, said, code, message) => {
    const body = JSON.stringify({ errors: [{ code: said, message }] });
    const repository = await openWith({ status }, { status, body });

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${message} (status ${status})`),
    });
  });

  test("tells a manifest of docker schema 1 without a GET", async () => {
    const repository = await openWith({ headers: { ...HEADERS, "content-type": SCHEMA_1 } }, {});

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code: "MANIFEST_INVALID",
      message: expect.stringMatching(/team[/]app:7: it is of the obsolete docker schema 1$/),
      hint: expect.stringContaining("Push the image again"),
    });
    expect(repository.methods()).toEqual(["HEAD"]);
  });

  test("of another digest than was asked for is warned of, and not believed", async () => {
    const headers = { ...HEADERS, "docker-content-digest": digestOf("other"), "content-length": `${size}` };
    const repository = await openWith({ headers }, {});

    expect(await repository.resolve(digest)).toEqual(IMAGE.descriptor);
    expect(repository.warnings).toEqual([expect.stringMatching(/^DIGEST_MISNAMED .* the header is ignored/)]);
  });
});

describe("a GET of a manifest", () => {
  const { mediaType: _mediaType, ...document } = JSON.parse(`${IMAGE.content}`) as Record<string, unknown>;
  const untyped = Buffer.from(JSON.stringify(document));

  test.each(["text/plain", "application/octet-stream", "application/json; charset=utf-8"])(
    "that is called %s is known by its content",
    async (type) => {
      const repository = await openWith({}, { headers: { "content-type": type }, body: untyped });

      expect(await repository.resolve("7")).toEqual({
        mediaType: MEDIA_TYPES.ociManifest,
        digest: digestOf(untyped),
        size: untyped.length,
      });
    },
  );

  test("of docker schema 1 is told by its content", async () => {
    const body = `{"schemaVersion":1,"name":"team/app","fsLayers":[]}`;
    const repository = await openWith({}, { headers: { "content-type": "application/json" }, body });

    await expect(repository.resolve("7")).rejects.toThrow("obsolete docker schema 1");
  });

  test("whose Docker-Content-Digest is wrong is warned of, and its own digest taken", async () => {
    const headers = { ...HEADERS, "docker-content-digest": digestOf("other") };
    const repository = await openWith({ status: 405 }, { headers, body: IMAGE.content });

    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
    expect(repository.warnings).toEqual([expect.stringContaining("DIGEST_MISNAMED")]);
  });

  test("whose Docker-Content-Digest is of another algorithm is taken as it is", async () => {
    const headers = { ...HEADERS, "docker-content-digest": `sha512:${"0".repeat(128)}` };
    const repository = await openWith({ status: 405 }, { headers, body: IMAGE.content });

    expect(await repository.resolve("7")).toEqual(IMAGE.descriptor);
    expect(repository.warnings).toEqual([]);
  });

  test.each([
    ["announced", {}],
    ["not announced", { "transfer-encoding": "chunked" }],
  ])("that is too large is not read to its end, its length %s", async (_what, headers) => {
    const body = Buffer.alloc(5_000_000, " ");
    const repository = await openWith({}, { headers: { ...HEADERS, ...headers }, body });

    await expect(repository.resolve("7")).rejects.toMatchObject({
      code: "SIZE_INVALID",
      message: expect.stringContaining("larger than the 4194304 bytes allowed"),
    });
  });

  test("row 46: that is the page of a portal says so", async () => {
    const page = { headers: { "content-type": "text/html; charset=utf-8" }, body: "<html>" };
    const repository = await openWith(page, page);
    const expected = {
      code: "REGISTRY_FAILED",
      message: expect.stringMatching(/127[.]0[.]0[.]1:\d+ sent text[/]html, which is no manifest/),
    };

    await expect(repository.resolve("7")).rejects.toMatchObject(expected);
    await expect(repository.readManifest(IMAGE.descriptor)).rejects.toMatchObject(expected);
  });

  test("that comes compressed is refused", async () => {
    const headers = { ...HEADERS, "content-encoding": "gzip" };
    const repository = await openWith({}, { headers, body: IMAGE.content });

    await expect(repository.resolve("7")).rejects.toThrow("encoded as gzip");
    await expect(repository.readManifest(IMAGE.descriptor)).rejects.toThrow("encoded as gzip");
  });

  test("that ends early, with the end of the connection for a length, is refused", async () => {
    const body = IMAGE.content.subarray(0, 9);
    const repository = await openWith({}, { headers: HEADERS, body, isUnframed: true });

    await expect(repository.readManifest(IMAGE.descriptor)).rejects.toMatchObject({
      code: "SIZE_INVALID",
      message: expect.stringContaining(`9 of ${size} bytes came`),
    });
  });
});

test("what a registry says in Warning headers is told once each", async () => {
  const warning = [`299 - "your \\"plan\\" ends"`, `199 - "not for you"`, `299 - "${"x".repeat(5000)}"`];
  const headers = { ...HEADERS, "content-length": `${size}`, warning };
  const repository = await openWith({ headers }, {});

  await repository.resolve("7");
  await repository.resolve("7");

  expect(repository.warnings).toEqual([
    expect.stringMatching(/^REGISTRY_WARNING .* says: your "plan" ends$/),
  ]);
});

test("a registry with ever new Warning headers is not listened to for ever, and silences none of our own", async () => {
  let count = 0;
  const { warnings, onEvent } = watchWarnings();
  const repository = await openOdd(
    ({ url }) => {
      const warning = `299 - "warning ${++count}"`;
      if (url.includes("tags")) return { headers: { warning }, body: `{"tags":["1","@"]}` };
      return { headers: { ...HEADERS, "content-length": `${size}`, warning } };
    },
    { onEvent },
  );

  for (let requests = 0; requests < 110; requests++) await repository.resolve("7");
  await Array.fromAsync(repository.listTags());

  expect(warnings).toHaveLength(102);
  expect(warnings.at(-2)).toMatch(/^REGISTRY_WARNING .* its other warnings are left out$/);
  expect(warnings.at(-1)).toMatch(/^TAGS_MALFORMED /);
});

test("a 400 says what it says, whatever is behind it at the base endpoint", async () => {
  const server = await serveOdd(({ url }) =>
    url === "/v2/" ? { status: 400, body: "x".repeat(70_000) } : { status: 400, body: "no such route" },
  );

  await expect(
    Array.fromAsync(open(server.host).openRepository("team/app").listTags()),
  ).rejects.toMatchObject({ message: expect.stringContaining("no such route (status 400)") });
});
