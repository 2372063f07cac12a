import type { RepositoryList } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import type { RawAnswer, RawRequest } from "../../../../test/support/raw-server.ts";

const clients = useClients();

function names(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, i) => `team/app-${String(from + i).padStart(4, "0")}`);
}

function page(repositories: unknown, link?: string): RawAnswer {
  return {
    body: JSON.stringify({ repositories }),
    ...(link === undefined ? {} : { headers: { link: `<${link}>; rel="next"` } }),
  };
}

/** Pages of a hundred, with a link from each to the next. */
function linked(count: number): (request: RawRequest) => RawAnswer {
  return ({ url }) => {
    const last = new URL(url, "http://host").searchParams.get("last");
    const start = last === null ? 0 : Number(last.slice(-4)) + 1;
    const found = names(Math.min(100, count - start), start);
    const isLast = start + found.length === count;
    return page(
      found,
      isLast ? undefined : `/v2/_catalog?last=${encodeURIComponent(found.at(-1) ?? "")}&n=100`,
    );
  };
}

async function list(
  answer: (request: RawRequest) => RawAnswer,
  maxRepositories = Number.POSITIVE_INFINITY,
): Promise<RepositoryList & { readonly urls: readonly string[] }> {
  const server = await clients.serveOdd(answer);
  const list = await clients.open(server.host).listRepositories({ maxRepositories });
  return { ...list, urls: server.requests.map(({ url }) => url) };
}

describe("listRepositories()", () => {
  test("follows links from page to page", async () => {
    const { repositories, cut, urls } = await list(linked(250));

    expect(repositories).toEqual(names(250));
    expect(cut).toBeUndefined();
    expect(urls).toEqual([
      "/v2/_catalog?n=100",
      "/v2/_catalog?last=team%2Fapp-0099&n=100",
      "/v2/_catalog?last=team%2Fapp-0199&n=100",
    ]);
  });

  test.each([
    [99, 100, "limit"],
    [100, 200, "limit"],
    [199, 200, "limit"],
    [200, 250, undefined],
    [250, 250, undefined],
  ])(
    "ends with the page that exceeds the limit %d, and leaves nothing of it out",
    async (limit, count, cut) => {
      const found = await list(linked(250), limit);

      expect(found.repositories).toHaveLength(count);
      expect(found.cut).toBe(cut);
    },
  );

  test("asks for what is behind the last name where a full page has no link", async () => {
    const { repositories, urls } = await list(({ url }) =>
      page(url.includes("last=") ? names(3, 100) : names(100)),
    );

    expect(repositories).toEqual(names(103));
    expect(urls.at(-1)).toBe("/v2/_catalog?n=100&last=team%2Fapp-0099");
  });

  test("takes a page that ignores the wanted size for all there is", async () => {
    const { repositories, urls } = await list(() => page(names(150)));

    expect(repositories).toHaveLength(150);
    expect(urls).toHaveLength(1);
  });

  test.each([
    ["itself", "/v2/_catalog?n=100"],
    ["a page that was there", "/v2/_catalog?n=100&last=a"],
  ])("ends where a link leads to %s, and says so", async (_what, link) => {
    const { repositories, cut } = await list(() => page(["a"], link));

    expect([repositories, cut]).toEqual([["a"], "circle"]);
  });

  test("ends where a full page without a link comes again: the registry has no pages", async () => {
    const { repositories, cut } = await list(() => page(names(100)));

    expect([repositories.length, cut]).toEqual([100, undefined]);
  });

  test("goes on behind a page on which nothing may be seen", async () => {
    const { repositories } = await list(({ url }) =>
      url.includes("token=2") ? page(["a"]) : page(null, "/v2/_catalog?next_page=token=2"),
    );

    expect(repositories).toEqual(["a"]);
  });

  test("leaves out and counts what is no repository name", async () => {
    const { repositories, malformed } = await list(() => page(["a", "Upper", "../b", "a", "c\u001b[31m"]));

    expect(repositories).toEqual(["a"]);
    expect(malformed).toBe(3);
  });

  test("stays at its own host whatever the link says", async () => {
    const { urls } = await list(({ url }) =>
      url.includes("last") ? page(["b"]) : page(["a"], "https://elsewhere.example/v2/_catalog?last=a"),
    );

    expect(urls).toEqual(["/v2/_catalog?n=100", "/v2/_catalog?last=a"]);
  });

  test.each([
    [401, "UNAUTHORIZED", /more rights than reading/],
    [403, "DENIED", /more rights than reading/],
    [404, "UNSUPPORTED", /mapping of its own/],
    [405, "UNSUPPORTED", /mapping of its own/],
  ])("tells what to do where the catalog is refused with %d", async (status, code, hint) => {
    const listing = list(() => ({ status, headers: { "www-authenticate": 'Basic realm="harbor"' } }));

    await expect(listing).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
  });

  test.each([
    ["a web page", "<html>"],
    ["another document", '{"repositories": [7]}'],
  ])("refuses %s", async (_what, body) => {
    await expect(list(() => ({ body }))).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
  });

  test("asks a token for the catalog", async () => {
    const server = await clients.serveOdd(({ url, headers }) => {
      if (url.startsWith("/token")) return { body: JSON.stringify({ token: "t" }) };
      if (headers.authorization === "Bearer t") return page(["a"]);
      const challenge = `Bearer realm="http://${headers.host}/token",service="s"`;
      return { status: 401, headers: { "www-authenticate": challenge } };
    });

    const { repositories } = await clients.open(server.host).listRepositories({ maxRepositories: 100 });

    expect(repositories).toEqual(["a"]);
    expect(server.requests.map(({ url }) => url)).toContain("/token?service=s&scope=registry%3Acatalog%3A*");
  });

  test("lists below the prefix of a mirror, with the names of the original", async () => {
    const server = await clients.serveOdd(() => page(["cache/team/app", "other/app", "cache"]));
    const registry = clients.open("r.example", { mirror: { host: server.host, prefix: "cache" } });

    const { repositories } = await registry.listRepositories({ maxRepositories: 100 });

    expect(repositories).toEqual(["team/app"]);
  });
});
