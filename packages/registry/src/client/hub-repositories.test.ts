import type { Auth, Listing, RepositoryList } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import { serveProxy } from "../../../../test/support/proxy-server.ts";
import type { RawAnswer, RawRequest, RawServer } from "../../../../test/support/raw-server.ts";
import { createRegistryPool } from "./registry-pool.ts";

const clients = useClients();

interface ListOptions {
  readonly listing?: Listing;
  readonly maxRepositories?: number;
  readonly auth?: Auth;
  /** Of the mirror. */
  readonly prefix?: string;
  /** What the auth file has for the mirror. */
  readonly username?: string;
}

/** Lists repositories of Docker Hub, which is this server. */
async function list(server: RawServer, options: ListOptions = {}): Promise<RepositoryList> {
  const {
    listing = { type: "dockerhub", namespaces: ["library"] },
    maxRepositories = 100,
    auth,
    username,
    prefix = "",
  } = options;
  const mirror = { host: server.host, prefix };
  const pool = clients.closeAfterTest(
    createRegistryPool({
      userAgent: "test/1",
      findCredentials: async (host) =>
        host === server.host && username !== undefined
          ? { kind: "password", username, password: "secret", origin: "a test" }
          : undefined,
      insecureHosts: [],
      mirrors: new Map([
        ["hub.docker.com", mirror],
        ["docker.io", mirror],
      ]),
    }),
  );
  const location = { registry: "docker.io", skipTlsVerify: false, ...(auth === undefined ? {} : { auth }) };
  return await pool.listRepositories({ registry: "docker.io", location, listing, maxRepositories }, {});
}

function page(names: readonly string[], next: string | null = null): RawAnswer {
  return {
    body: JSON.stringify({ count: 1, next, previous: null, results: names.map((name) => ({ name })) }),
  };
}

/** Answers by the path of a request. */
function route(answers: Readonly<Record<string, RawAnswer>>): (request: RawRequest) => RawAnswer {
  return ({ url }) => answers[url] ?? { status: 404 };
}

const LIBRARY = "/v2/namespaces/library/repositories?page_size=100";

describe("the repositories of a namespace of Docker Hub", () => {
  test("are asked for without credentials, page by page, at the same host whatever the page says", async () => {
    const server = await clients.serveOdd(
      route({
        [LIBRARY]: page(
          ["redis"],
          "https://hub.docker.com/v2/namespaces/library/repositories?page=2&page_size=100",
        ),
        "/v2/namespaces/library/repositories?page=2&page_size=100": page(["mongo"], "?page=3"),
        "/v2/namespaces/library/repositories?page=3": page(["nginx"]),
      }),
    );

    const { repositories, cut } = await list(server);

    expect(repositories).toEqual(["library/redis", "library/mongo", "library/nginx"]);
    expect(cut).toBeUndefined();
    expect(server.requests.some(({ headers }) => "authorization" in headers)).toBe(false);
  });

  test("are asked for below the prefix of a mirror, which serves Docker Hub's own words", async () => {
    const server = await clients.serveOdd(
      route({
        [`/hub${LIBRARY}`]: page(["redis"], `https://hub.docker.com${LIBRARY}&page=2`),
        [`/hub${LIBRARY}&page=2`]: page(["mongo"]),
      }),
    );

    const { repositories } = await list(server, { prefix: "hub" });

    expect(repositories).toEqual(["library/redis", "library/mongo"]);
  });

  test("are images, not plugins", async () => {
    const results = [
      { name: "a", repository_type: "image" },
      { name: "b", repository_type: "plugin" },
      { name: "c", repository_type: null },
    ];
    const server = await clients.serveOdd(route({ [LIBRARY]: { body: JSON.stringify({ results }) } }));

    expect((await list(server)).repositories).toEqual(["library/a", "library/c"]);
  });

  test("are those of several namespaces, until the limit ends it", async () => {
    const server = await clients.serveOdd(
      route({
        [LIBRARY]: page(["a", "b"]),
        "/v2/namespaces/bitnami/repositories?page_size=100": page(["c"]),
      }),
    );
    const listing: Listing = { type: "dockerhub", namespaces: ["library", "bitnami"] };

    const all = await list(server, { listing });
    const some = await list(server, { listing, maxRepositories: 1 });

    expect(all).toEqual({ repositories: ["library/a", "library/b", "bitnami/c"], malformed: 0 });
    expect(some).toEqual({ repositories: ["library/a", "library/b"], malformed: 0, cut: "limit" });
  });

  test("are those of the user who logs in where no namespace is named", async () => {
    const server = await clients.serveOdd(
      route({
        "/v2/auth/token": { body: JSON.stringify({ access_token: "granted" }) },
        "/v2/namespaces/ada/repositories?page_size=100": page(["app"]),
      }),
    );

    const { repositories } = await list(server, {
      listing: { type: "dockerhub", namespaces: [] },
      username: "Ada",
    });

    const [login, listed] = server.requests;
    expect(repositories).toEqual(["ada/app"]);
    expect(JSON.parse(login?.body ?? "")).toEqual({ identifier: "Ada", secret: "secret" });
    expect(login?.method).toBe("POST");
    expect(listed?.headers.authorization).toBe("Bearer granted");
  });

  test("are nobody's without a namespace and a user name", async () => {
    const server = await clients.serveOdd(() => ({}));

    await expect(list(server, { listing: { type: "dockerhub", namespaces: [] } })).rejects.toMatchObject({
      code: "SELECTION_INVALID",
      hint: expect.stringContaining("regex:library/.*"),
    });
    expect(server.requests).toEqual([]);
  });

  test("never cost the credentials of the selection at a mirror", async () => {
    const server = await clients.serveOdd(route({ [LIBRARY]: page(["a"]) }));
    const auth: Auth = { kind: "inline", credentials: { username: "ada", password: "secret" } };

    const { repositories } = await list(server, { auth });

    expect(repositories).toEqual(["library/a"]);
    expect(JSON.stringify(server.requests)).not.toContain("secret");
  });

  test("never take the token along when they redirect elsewhere", async () => {
    const other = await clients.serveOdd(() => page(["a"]));
    const server = await clients.serveOdd(({ url }) =>
      url === "/v2/auth/token"
        ? { body: JSON.stringify({ access_token: "granted" }) }
        : { status: 307, headers: { location: other.url } },
    );

    await list(server, { username: "ada" });

    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    ["a refused login", { "/v2/auth/token": { status: 401 } }, "UNAUTHORIZED", "log in to"],
    ["a forbidden login", { "/v2/auth/token": { status: 403 } }, "DENIED", "as ada: status 403"],
    ["an answer without a token", { "/v2/auth/token": { body: "{}" } }, "REGISTRY_FAILED", "log in to"],
    [
      "an unknown namespace",
      { "/v2/auth/token": { body: JSON.stringify({ access_token: "t" }) } },
      "REGISTRY_FAILED",
      "docker.io/library: status 404",
    ],
  ])("fail with %s, and no message holds the password", async (_what, answers, code, words) => {
    const server = await clients.serveOdd(route(answers));

    const error: unknown = await list(server, { username: "ada" }).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(String(error)).not.toContain("secret");
  });
});

test("a login is sent to nobody who does not speak TLS, even where that is allowed", async () => {
  const server = await clients.serveOdd(() => ({}));
  // The same server by a name that is not known to be this machine.
  const host = server.host.replace("127.0.0.1", "0.0.0.0");
  const pool = clients.closeAfterTest(
    createRegistryPool({
      userAgent: "test/1",
      findCredentials: async () => ({
        kind: "password",
        username: "ada",
        password: "secret",
        origin: "a test",
      }),
      insecureHosts: [host],
      mirrors: new Map([["hub.docker.com", { host, prefix: "" }]]),
    }),
  );
  const location = { registry: "docker.io", skipTlsVerify: false };
  const listing: Listing = { type: "dockerhub", namespaces: ["library"] };

  const listed = pool.listRepositories(
    { registry: "docker.io", location, listing, maxRepositories: 100 },
    {},
  );

  await expect(listed).rejects.toMatchObject({
    code: "UNAUTHORIZED",
    message: expect.stringContaining("TLS"),
  });
  expect(server.requests).toEqual([]);
});

test.each([
  ["docker.io", 1, "DENIED"],
  ["registry.hub.docker.com:443", 1, "DENIED"],
  ["quay.io", 0, "SELECTION_INVALID"],
])(
  "credentials that the selection has for %s cost %d logins at Docker Hub",
  async (registry, count, code) => {
    // Nothing leaves this machine: whoever logs in has to pass here.
    const proxy = clients.closeAfterTest(await serveProxy({ names: {}, connectStatus: 403 }));
    const pool = clients.closeAfterTest(
      createRegistryPool({
        userAgent: "test/1",
        findCredentials: async () => undefined,
        environment: { https_proxy: proxy.url },
      }),
    );
    const auth: Auth = { kind: "inline", credentials: { username: "ada", password: "secret" } };
    const location = { registry, skipTlsVerify: false, auth };
    const listing: Listing = { type: "dockerhub", namespaces: [] };

    const listed = pool.listRepositories({ registry, location, listing, maxRepositories: 100 }, {});

    await expect(listed).rejects.toMatchObject({ code });
    expect(proxy.requests).toHaveLength(count);
  },
);

test("a login at Docker Hub that fails is told without the password, though the answer repeats it", async () => {
  const body = JSON.stringify({ message: "cannot read {identifier: ada, secret: secret}" });
  const server = await clients.serveOdd(route({ "/v2/auth/token": { status: 400, body } }));

  await expect(list(server, { username: "ada" })).rejects.toMatchObject({
    message: expect.stringContaining("{identifier: ada, ***: ***}"),
  });
});

describe("a search of Docker Hub", () => {
  test.each([
    [100, 100, 2],
    [7, 7, 2],
    [500, 100, 2],
    [Number.POSITIVE_INFINITY, 100, 3],
  ])("is asked once, for no more than a hundred: limit %d", async (maxRepositories, count, all) => {
    const answer = { num_results: all, results: [{ name: "redis" }, { name: "team/redis" }] };
    const server = await clients.serveOdd(
      route({ [`/v1/search?q=redis%20db&n=${count}`]: { body: JSON.stringify(answer) } }),
    );

    const list_ = await list(server, { listing: { type: "index", search: "redis db" }, maxRepositories });

    expect(list_).toEqual({
      repositories: ["redis", "team/redis"],
      malformed: 0,
      ...(all === 2 ? {} : { cut: "limit" }),
    });
    expect(server.requests).toHaveLength(1);
  });
});
