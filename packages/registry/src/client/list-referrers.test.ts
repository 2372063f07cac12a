import { createMemoryStore, digestOf } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeImage, putManifest } from "../../../../test/support/images.ts";
import { watchWarnings } from "../../../../test/support/watch-warnings.ts";
import { serveRegistry } from "../server/serve-registry.ts";

const SUBJECT = digestOf("subject");

const { closeAfterTest, open, openOdd, seen, serveOdd } = useClients();

test("listReferrers() gives what the registry lists", async () => {
  const store = createMemoryStore();
  const { descriptor } = makeImage(["layer"]);
  const signature = makeImage(["signature"], "linux/amd64", { subject: descriptor, artifactType: "x/y" });
  await putManifest(store.openRepository("team/app"), signature, "sig");
  const served = await serveRegistry(store);
  closeAfterTest(served);
  const repository = open(served.host).openRepository("team/app");

  expect(await repository.listReferrers(descriptor.digest)).toEqual([
    { ...signature.descriptor, artifactType: "x/y" },
  ]);
  expect(await repository.listReferrers(SUBJECT)).toEqual([]);
});

test("listReferrers() reads page after page, each entry once, and stops with a warning where none is new", async () => {
  const { warnings, onEvent } = watchWarnings();
  const [first, second] = [makeImage(["first"]).descriptor, makeImage(["second"]).descriptor];
  const repository = await openOdd(
    ({ url }) => ({
      headers: { link: `</v2/team/app/referrers/${SUBJECT}?page=2>; rel="next"` },
      body: JSON.stringify({ manifests: url.includes("page=2") ? [second, first] : [first] }),
    }),
    { onEvent },
  );

  expect(await repository.listReferrers(SUBJECT)).toEqual([first, second]);
  expect(repository.server.requests).toHaveLength(3);
  expect(warnings).toEqual([expect.stringMatching("^REFERRERS_UNKNOWN .* may be incomplete: page 3 ")]);
});

test("listReferrers() lists for one manifest what is listed, whatever is wrong with another's list", async () => {
  const { descriptor } = makeImage(["referrer"]);
  const other = digestOf("other");
  const repository = await openOdd(({ url }) => ({
    body: JSON.stringify({ manifests: url.includes(other) ? [descriptor] : [{}] }),
  }));

  await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({
    code: "REGISTRY_FAILED",
    message: expect.stringContaining(SUBJECT),
  });
  expect(await repository.listReferrers(other)).toEqual([descriptor]);
});

test("listReferrers() gives up where there are more than anybody has", async () => {
  const { descriptor } = makeImage(["referrer"]);
  const entries = Array.from({ length: 10_001 }, (_, position) => ({
    ...descriptor,
    digest: `sha256:${position.toString(16).padStart(64, "0")}`,
  }));
  const repository = await openOdd(() => ({ body: JSON.stringify({ manifests: entries }) }));

  await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({ code: "SIZE_INVALID" });
});

test.each([400, 404, 405, 501, 200])(
  "listReferrers() knows a registry that has no such API by its answer %d, and asks it once",
  async (referrersStatus) => {
    const served = await serveRegistry(createMemoryStore(), {
      quirks: { referrersStatus },
      onRequest: (request) => seen.push(request),
    });
    closeAfterTest(served);
    const registry = open(served.host);
    const ask = async (): Promise<unknown> =>
      await registry.openRepository("team/app").listReferrers(SUBJECT);

    const results = await Promise.allSettled([ask(), ask()]);

    for (const result of results)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "UNSUPPORTED" } });
    await expect(ask()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    // Where the first answer is 400, what stands in front of the registry is asked once at the base endpoint.
    expect(seen.filter(({ path }) => path !== "/v2/")).toHaveLength(1);
  },
);

test("listReferrers() asks one of the repositories beside each other whether there is an API, others again", async () => {
  const statuses: Readonly<Record<string, number>> = { secret: 403, odd: 400 };
  const server = await serveOdd(({ url }) => {
    const [, space = ""] = /^\/v2\/(\w+)\/a\//.exec(url) ?? [];
    return { status: statuses[space] ?? 404 };
  });
  const { openRepository } = open(server.host);
  const ask = async (...names: string[]): Promise<readonly unknown[]> => {
    const asked = names.map(async (name) => await openRepository(name).listReferrers(SUBJECT));
    const codes = (await Promise.allSettled(asked)).map((result) => "reason" in result && result.reason.code);
    return [...codes, server.requests.length];
  };

  expect(await ask("team/a", "team/b")).toEqual(["UNSUPPORTED", "UNSUPPORTED", 1]);
  expect(await ask("team/c", "team/deep/a")).toEqual(["UNSUPPORTED", "UNSUPPORTED", 2]);
  expect(await ask("secret/a", "secret/b", "secret/b")).toEqual(["DENIED", "UNSUPPORTED", "UNSUPPORTED", 4]);
  expect(await ask("odd/a", "odd/b", "odd/b")).toEqual(["UNSUPPORTED", "UNSUPPORTED", "UNSUPPORTED", 6]);
});

test.each([
  [403, "DENIED", 1],
  [500, "UNAVAILABLE", 3],
])(
  "listReferrers() does not take %d for an answer, and fails with %s after %d attempts",
  async (status, code, attempts) => {
    const repository = await openOdd(() => ({ status }));

    await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({ code });
    await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({ code });
    expect(repository.server.requests).toHaveLength(attempts);
  },
);

test("listReferrers() asks again after it was aborted", async () => {
  const served = await serveRegistry(createMemoryStore());
  closeAfterTest(served);
  const repository = open(served.host).openRepository("team/app");
  const signal = AbortSignal.abort(new TypeError("enough"));

  await expect(repository.listReferrers(SUBJECT, { signal })).rejects.toThrow("enough");
  expect(await repository.listReferrers(SUBJECT)).toEqual([]);
});

test.each([`{"manifests":[{"mediaType":"x/y","digest":"sha256:x","size":1}]}`, `{"manifests":1}`])(
  "listReferrers() refuses %s",
  async (body) => {
    const repository = await openOdd(() => ({ body }));

    await expect(repository.listReferrers(SUBJECT)).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
  },
);
