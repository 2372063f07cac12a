import { contentOf, createMemoryStore, type Repository } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import { serveRegistry } from "../server/serve-registry.ts";
import type { UploadQuirks } from "../server/upload-quirks.ts";

const MIB = 1024 * 1024;
const LAYER = makeBlob(Buffer.alloc(1000, "layer"));
const LARGE = makeBlob(Buffer.alloc(12 * MIB, "large layer"));

const { closeAfterTest, open, openOdd, seen } = useClients();

/** Method and status of every request that the registry has seen. */
function answers(): readonly string[] {
  return seen.map(({ method, status }) => `${method} ${status}`);
}

async function serve(uploads: UploadQuirks, chunkSize?: number): Promise<Repository> {
  const options = { quirks: { uploads }, onRequest: seen.push.bind(seen) };
  const served = closeAfterTest(await serveRegistry(createMemoryStore(), options));
  return open(served.host, { chunkSize }).openRepository("team/app");
}

async function put(repository: Repository, { descriptor, content } = LAYER): Promise<void> {
  await repository.putBlob(descriptor, () => contentOf(content));
}

describe("putBlob() sends", () => {
  test("one PUT, if nothing else is asked for", async () => {
    await put(await serve({}));

    expect(answers()).toEqual(["POST 202", "PUT 201"]);
  });

  test("one PATCH where a PUT with bytes is refused, as by old Artifactory, and remembers it", async () => {
    const repository = await serve({ putRefused: true });

    await put(repository);
    await put(repository, makeBlob("second"));

    const again = ["POST 202", "PATCH 202", "PUT 201"];
    expect(answers()).toEqual(["POST 202", "PUT 404", ...again, ...again]);
  });

  test("row 68: chunks where nginx takes no large body, and remembers it", async () => {
    const repository = await serve({ maxBodySize: 8 * MIB });

    await put(repository, LARGE);
    await put(repository);

    expect(answers()).toEqual([
      ...["POST 202", "PUT 413"],
      ...["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201", "DELETE 204"],
      ...["POST 202", "PATCH 202", "PUT 201"],
    ]);
  });

  test("row 68: chunks where a proxy cuts the connection of every large body", async () => {
    let puts = 0;
    const repository = await openOdd(({ method, headers }): RawAnswer => {
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      if (method === "HEAD") return { status: 404 };
      const isLarge = Number(headers["content-length"]) > 8 * MIB;
      if (isLarge) puts += 1;
      return isLarge
        ? { isEarly: true, isCut: true, status: 100 }
        : { status: method === "PATCH" ? 202 : 201 };
    });

    await put(repository, LARGE);

    expect(puts).toBe(2);
    const patches = repository.server.requests.filter(({ method }) => method === "PATCH");
    expect(patches.map(({ headers }) => headers["content-range"])).toEqual([
      "0-5242879",
      "5242880-10485759",
      "10485760-12582911",
    ]);
    expect(patches.map(({ body }) => body).join("")).toBe(LARGE.content.toString());
  });

  test("the same way as before, if the connection of a small blob is cut: it is not the size", async () => {
    let puts = 0;
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      if (method === "HEAD") return { status: 404 };
      if (method === "DELETE") return { status: 204 };
      puts += 1;
      return puts < 3 ? { isDropped: true } : { status: 201 };
    });

    await put(repository, makeBlob(Buffer.alloc(MIB, "small")));

    expect(puts).toBe(3);
    expect(repository.server.requests.some(({ method }) => method === "PATCH")).toBe(false);
  });

  test("chunks of the size that is asked for", async () => {
    await put(await serve({}, 400));

    expect(answers()).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  test("row 69: chunks of GHCR's size where it names its limit", async () => {
    await put(await serve({ maxChunkSize: 4 * MIB }, 5 * MIB), LARGE);

    const whole = ["PATCH 202", "PATCH 202", "PATCH 202"];
    expect(answers()).toEqual(["POST 202", "PATCH 416", "POST 202", ...whole, "PUT 201", "DELETE 204"]);
  });

  test("row 69: chunks of ECR's size where smaller ones are refused, and believes no stale Range", async () => {
    let last = "0-0";
    const range = (stored: string): string => {
      const stale = last;
      last = stored;
      return stale;
    };
    const quirks = { minChunkSize: 500, patchStatus: 201, range };

    await put(await serve(quirks, 100));

    const whole = ["POST 202", "PATCH 201", "PATCH 201", "PUT 201"];
    expect(answers()).toEqual(["POST 202", "PATCH 400", ...whole, "DELETE 204"]);
  });

  test("chunks of no less than the registry announces", async () => {
    await put(await serve({ announcedChunkSize: 600 }, 100));

    expect(answers()).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  test("row 69: one PUT where chunks are refused, as by Artifact Registry", async () => {
    await put(await serve({ patchRefused: true }, 100));

    expect(answers()).toEqual(["POST 202", "PATCH 400", "POST 202", "PUT 201", "DELETE 204"]);
  });

  test("row 69: nothing more where every way is refused, and says which", async () => {
    const repository = await serve({ patchRefused: true, putRefused: true });

    await expect(put(repository)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/chunked uploads are not supported.*; refused before: one PUT$/),
      hint: expect.stringContaining("--chunk-size"),
    });
    expect(answers()).toEqual(["POST 202", "PUT 404", "POST 202", "PATCH 400", "DELETE 204"]);
  });

  test("nothing more where even the smallest chunk is too large, and names the proxy", async () => {
    await expect(put(await serve({ maxBodySize: 100 }))).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("takes no request of this size: 413 Request Entity Too Large"),
      hint: expect.stringMatching(/client_max_body_size.*--chunk-size/),
    });
  });

  test("after a refusal too as a registry that slows down asks, and keeps the hint of another failure", async () => {
    const full = { errors: [{ code: "DENIED", message: "Quota has been exceeded on namespace" }] };
    const puts: RawAnswer[] = [
      { status: 413 },
      { status: 201 },
      { status: 429, headers: { "retry-after": "0" } },
      { status: 201 },
      { status: 403, body: JSON.stringify(full) },
    ];
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      if (method === "HEAD") return { status: 404 };
      return method === "PATCH" ? { status: 202 } : (puts.shift() ?? { status: 500 });
    });

    await put(repository, LARGE);
    await put(repository, makeBlob("second"));

    await expect(put(repository, makeBlob("third"))).rejects.toMatchObject({
      code: "DENIED",
      message: expect.not.stringContaining("refused before"),
      hint: expect.stringContaining("quota raised"),
    });
    expect(puts).toEqual([]);
  });

  test("nothing more where limits contradict each other", async () => {
    const limits = ["exceeds maximum of 4 MiB", "must be at least 5 MiB"];
    let patches = 0;
    const repository = await openOdd(
      ({ method }): RawAnswer => {
        if (method === "POST") return { status: 202, headers: { location: "/upload" } };
        if (method === "DELETE") return { status: 204 };
        const message = limits[patches++ % 2];
        return { status: 400, body: JSON.stringify({ errors: [{ code: "UNKNOWN", message }] }) };
      },
      { chunkSize: 5 * MIB },
    );

    await expect(put(repository, LARGE)).rejects.toMatchObject({
      message: expect.stringMatching(/at least 5 MiB.*; refused before: chunks of 5242880 bytes$/),
    });
    expect(patches).toBe(2);
  });

  test.each([
    ["a quota is used up, whatever the status", 413, "Quota has been exceeded on namespace"],
    ["a limit is named that no request can keep", 400, "exceeds maximum of 1 bytes"],
  ])("row 72: in no other way where %s", async (_what, status, message) => {
    const repository = await openOdd(({ method }): RawAnswer => {
      if (method === "POST") return { status: 202, headers: { location: "/upload" } };
      return { status, body: JSON.stringify({ errors: [{ code: "UNKNOWN", message }] }) };
    });

    await expect(put(repository, LARGE)).rejects.toMatchObject({ message: expect.stringContaining(message) });
    expect(repository.server.requests.map(({ method }) => method)).toEqual(["POST", "PUT", "DELETE"]);
  });

  test("an empty blob in every way", async () => {
    const empty = makeBlob("");
    await put(await serve({}, 100), empty);
    await put(await serve({}), empty);

    expect(answers()).toEqual(["POST 202", "PUT 201", "POST 202", "PUT 201"]);
  });
});

describe("putBlob() in chunks", () => {
  test("row 64: goes on from where the registry is, if it has kept less", async () => {
    await put(await serve({ keptChunkSize: 300 }, 400));

    expect(answers()).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  test("gives up a registry that keeps next to nothing of each", async () => {
    await expect(put(await serve({ keptChunkSize: 2 }, 400))).rejects.toMatchObject({
      code: "BLOB_UPLOAD_INVALID",
      message: expect.stringContaining("the registry says it holds 0-11 after bytes 10 to 409 were sent"),
    });
  });

  test("row 65: begins anew where the registry says it holds more than was sent", async () => {
    let lies = 1;
    const range = (stored: string): string => (stored === "0-599" && lies-- > 0 ? "0-4000" : stored);

    await put(await serve({ range }, 600));

    const whole = ["POST 202", "PATCH 202", "PATCH 202", "PUT 201"];
    expect(answers()).toEqual(["POST 202", "PATCH 202", "HEAD 404", ...whole, "DELETE 204"]);
  });

  test.each([201, 204])("takes %i for a chunk that has come", async (patchStatus) => {
    await put(await serve({ patchStatus, range: () => undefined }, 600));

    expect(answers()).toEqual(["POST 202", `PATCH ${patchStatus}`, `PATCH ${patchStatus}`, "PUT 201"]);
  });

  test("row 63: uses the newest Location, and the last one where there is none", async () => {
    let patches = 0;
    const repository = await openOdd(
      ({ method }): RawAnswer => {
        if (method === "POST") return { status: 202, headers: { location: "/up?n=0" } };
        if (method === "PUT") return { status: 201 };
        patches += 1;
        return { status: 202, headers: patches === 1 ? { location: "/up?n=1&_state=a%2Bb" } : {} };
      },
      { chunkSize: 400 },
    );

    await put(repository);

    const digest = encodeURIComponent(LAYER.descriptor.digest);
    expect(repository.server.requests.map(({ url }) => url).slice(1)).toEqual([
      "/up?n=0",
      "/up?n=1&_state=a%2Bb",
      "/up?n=1&_state=a%2Bb",
      `/up?n=1&_state=a%2Bb&digest=${digest}`,
    ]);
  });

  test("never completes a damaged blob", async () => {
    const repository = await serve({}, 400);
    const damaged = { ...LAYER, content: Buffer.alloc(1000, "other") };

    await expect(put(repository, damaged)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    expect(seen.filter(({ method }) => method === "PUT")).toEqual([]);
    expect(await repository.statBlob(LAYER.descriptor.digest)).toBeUndefined();
  });
});
