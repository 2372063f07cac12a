import { contentOf, createMemoryStore, digestOf, type Repository } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { makeBlob } from "../../../../test/support/images.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import { type ServeOptions, serveRegistry } from "../server/serve-registry.ts";

const LAYER = makeBlob("layer");
const FROM = { from: "team/base" };

const { closeAfterTest, open, openOdd, seen } = useClients();

/** `METHOD` of every request that a repository has seen: after a first answer of 400 the base endpoint is asked too. */
function methods(): readonly string[] {
  return seen.filter(({ path }) => path !== "/v2/").map(({ method }) => method);
}

async function put(
  repository: Repository,
  { descriptor, content } = LAYER,
  options: { readonly from?: string } = FROM,
): Promise<string> {
  return await repository.putBlob(descriptor, () => contentOf(content), options);
}

/** The repository `team/app` of a registry that has the layer in `team/base`. */
async function serveWithBase(quirks: ServeOptions["quirks"] = {}): Promise<Repository> {
  const options = { quirks, onRequest: seen.push.bind(seen) };
  const served = closeAfterTest(await serveRegistry(createMemoryStore(), options));
  await put(open(served.host).openRepository("team/base"), LAYER, {});
  seen.length = 0;
  return open(served.host).openRepository("team/app");
}

describe("putBlob() of a blob that another repository has", () => {
  test("mounts it, without its bytes", async () => {
    const repository = await serveWithBase();

    expect(await put(repository)).toBe("mounted");
    expect(await repository.statBlob(LAYER.descriptor.digest)).toEqual({ size: LAYER.content.length });
    expect(methods()).toEqual(["POST", "HEAD"]);
  });

  test("row 66: fills the session that ECR opens instead of mounting, and opens no second one", async () => {
    const repository = await serveWithBase({ refuseMounts: true });

    expect(await put(repository)).toBe("uploaded");
    expect(methods()).toEqual(["POST", "PUT"]);
  });

  test("asks for no mount any more after three sessions in its place", async () => {
    const repository = await serveWithBase({ refuseMounts: true });

    for (const content of ["1", "2", "3", "4"]) await put(repository, makeBlob(content));

    const posts = seen.filter(({ method }) => method === "POST");
    expect(posts.map(({ path }) => path.includes("mount="))).toEqual([true, true, true, false]);
  });

  test("goes on asking a registry that has mounted something", async () => {
    const repository = await serveWithBase();
    await put(repository);

    for (const content of ["1", "2", "3", "4"]) await put(repository, makeBlob(content));

    const posts = seen.filter(({ method }) => method === "POST");
    expect(posts.map(({ path }) => path.includes("mount="))).toEqual([true, true, true, true, true]);
  });

  test.each([400, 401, 403, 404, 405, 500])(
    "row 66: sends it where mounting is answered with %i",
    async (mountStatus) => {
      const repository = await serveWithBase({ uploads: { mountStatus } });

      expect(await put(repository)).toBe("uploaded");
      expect(methods()).toEqual(["POST", "POST", "PUT"]);
    },
  );

  test.each([
    [405, "does not ask a second time"],
    [400, "asks again, since Harbor only minds a name of one component"],
  ])("after %i it %s", async (mountStatus, what) => {
    const repository = await serveWithBase({ uploads: { mountStatus } });
    await put(repository);
    seen.length = 0;

    await put(repository, makeBlob("second"));

    expect(methods()).toEqual(what.startsWith("asks") ? ["POST", "POST", "PUT"] : ["POST", "PUT"]);
  });

  test("sends it where the registry says that it has mounted another blob", async () => {
    const other = { "docker-content-digest": digestOf("other") };
    const repository = await openOdd(({ url, method }): RawAnswer => {
      if (url.includes("mount=")) return { status: 201, headers: other };
      return method === "POST" ? { status: 202, headers: { location: "/upload" } } : { status: 201 };
    });

    expect(await put(repository)).toBe("uploaded");
  });

  test("stops when told to", async () => {
    const repository = await serveWithBase();
    const signal = AbortSignal.abort(new Error("stopped"));
    const pushed = repository.putBlob(LAYER.descriptor, () => contentOf(LAYER.content), { ...FROM, signal });

    await expect(pushed).rejects.toThrow("stopped");
  });
});
