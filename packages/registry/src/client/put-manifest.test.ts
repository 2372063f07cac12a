import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage } from "../../../../test/support/images.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";

const { descriptor, content } = makeImage(["layer"]);
const HEADERS = { "content-type": descriptor.mediaType, "content-length": `${descriptor.size}` };
const STORED = { headers: { ...HEADERS, "docker-content-digest": descriptor.digest } };
const CREATED = { status: 201, headers: { "docker-content-digest": descriptor.digest } };
const IMMUTABLE = {
  status: 412,
  body: JSON.stringify({
    errors: [
      { code: "PRECONDITION", message: "Failed to process request due to 'app:1' configured as immutable." },
    ],
  }),
};

const { openOdd } = useClients();

describe("putManifest()", () => {
  test("row 61: ends well where the answer was lost after the manifest was stored", async () => {
    let puts = 0;
    const repository = await openOdd((): RawAnswer => {
      puts += 1;
      return puts === 1 ? { isDropped: true } : CREATED;
    });

    await repository.putManifest(descriptor, content, { tag: "1" });

    expect(repository.server.requests.map(({ method }) => method)).toEqual(["PUT", "PUT"]);
  });

  test("rows 61 and 73: takes a tag that may not change for a success where it stands for the same", async () => {
    let puts = 0;
    const repository = await openOdd(({ method, url }): RawAnswer => {
      if (method === "HEAD") return STORED;
      if (!url.endsWith("/1")) return CREATED;
      puts += 1;
      return puts === 1 ? { isDropped: true } : IMMUTABLE;
    });

    await repository.putManifest(descriptor, content, { tag: "1" });

    expect(repository.server.requests.map(({ method }) => method)).toEqual(["PUT", "PUT", "HEAD", "PUT"]);
  });

  test("row 73: fails where a tag that may not change stands for something else, and tries nothing more", async () => {
    const headers = { ...HEADERS, "docker-content-digest": `sha256:${"0".repeat(64)}` };
    const repository = await openOdd(
      ({ method }): RawAnswer => (method === "HEAD" ? { headers } : IMMUTABLE),
    );

    await expect(repository.putManifest(descriptor, content, { tag: "1" })).rejects.toMatchObject({
      code: "TAG_EXISTS",
      message: expect.stringContaining("the tag is there with other content, and may not change"),
    });
    expect(repository.server.requests.filter(({ method }) => method === "PUT")).toHaveLength(1);
  });
});
