import type { TransferEvent } from "@airgap-bundle/core";
import { Agent } from "undici";
import { describe, expect, test } from "vitest";
import { PASSWORD, readImage, USER, useLogins, WRONG } from "../../../../test/support/logins.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { createAuthorizer } from "./authorizer.ts";
import type { OpenedRegistry } from "./open-registry.ts";

const { open, seen, serve, serveBearer, serveOdd, serveOddly, steps } = useLogins();

describe("credentials that are", () => {
  test("an identity token go to the token server by POST", async () => {
    const token: Credentials = { kind: "identityToken", token: "refresh", origin: "the test" };
    const registry = await serveBearer({ refreshToken: "refresh", oauth2: true }, token);

    await readImage(registry.openRepository("team/app"));

    expect(steps()).toEqual(["GET … 401", "POST /token 200", "GET … 200"]);
  });

  test("an identity token go as a password where there is no POST", async () => {
    const token: Credentials = { kind: "identityToken", token: "refresh", origin: "the test" };
    const registry = await serveBearer({ refreshToken: "refresh" }, token);

    await readImage(registry.openRepository("team/app"));

    expect(steps()).toEqual(["GET … 401", "POST /token 405", "GET /token 200", "GET … 200"]);
  });

  test("an identity token that is not taken are told by their origin", async () => {
    const token: Credentials = { kind: "identityToken", token: "old", origin: "docker-credential-x" };
    const registry = await serveBearer({ refreshToken: "refresh", oauth2: true }, token);

    await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringMatching(
        /with an identity token \(docker-credential-x\).*repository:team\/app:pull/,
      ),
    });
  });

  test.each(["Bearer realm=/token", "Basic realm=x"])(
    "a registry token go to the registry as they are: %s",
    async (challenge) => {
      const server = await serveOddly({
        challenge: () => ({ "www-authenticate": challenge }),
        isAllowed: (sent) => sent === "Bearer own",
      });
      const token: Credentials = { kind: "registryToken", token: "own", origin: "the test" };

      await readImage(open(server.host, { findCredentials: async () => token }).openRepository("team/app"));

      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, "Bearer own"]);
    },
  );

  test("a registry token that is refused are not tried again", async () => {
    const server = await serveOddly({ challenge: () => ({ "www-authenticate": "Bearer realm=/token" }) });
    const token: Credentials = { kind: "registryToken", token: "old", origin: "the test" };
    const repository = open(server.host, { findCredentials: async () => token }).openRepository("team/app");

    await expect(readImage(repository)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("with a registry token (the test)"),
    });
    expect(server.requests).toHaveLength(2);
  });

  test("a registry token that is for too little are not tried again", async () => {
    const challenge = `Bearer realm="/token",scope="repository:team/app:pull repository:other:pull"`;
    const server = await serveOddly({ challenge: () => ({ "www-authenticate": challenge }) });
    const token: Credentials = { kind: "registryToken", token: "old", origin: "the test" };
    const repository = open(server.host, { findCredentials: async () => token }).openRepository("team/app");

    await expect(readImage(repository)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(server.requests).toHaveLength(2);
  });

  test("looked for by repository, each with a token of its own", async () => {
    const asked: (string | undefined)[] = [];
    const registry = await serveBearer({}, async (repository) => {
      asked.push(repository);
      return repository === "team/app" ? PASSWORD : WRONG;
    });

    await readImage(registry.openRepository("team/app"));
    await expect(readImage(registry.openRepository("team/base"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
    });

    expect(new Set(asked)).toEqual(new Set(["team/app", "team/base"]));
  });

  test("not in one piece: a user name with a colon", async () => {
    const registry = await serveBearer({}, { ...PASSWORD, username: "a:b" });

    await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("the user name holds a colon"),
    });
  });

  test("that cannot be sent hold up nobody", async () => {
    const registry = await serve({ auth: { kind: "basic", ...USER } }, { ...PASSWORD, username: "a:b" });

    const outcomes = await Promise.allSettled(
      ["team/app", "team/base", "team/app"].map(
        async (name) => await readImage(registry.openRepository(name)),
      ),
    );

    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: "UNAUTHORIZED" } });
  });

  test("refused are asked for anew, once", async () => {
    for (const auth of [
      { kind: "basic", ...USER },
      { kind: "bearer", ...USER },
    ] as const) {
      const refused: unknown[] = [];
      const registry = await serve({ auth }, async (_repository, old) => {
        if (old !== undefined) refused.push(old);
        return old === undefined && refused.length === 0 ? WRONG : PASSWORD;
      });

      await readImage(registry.openRepository("team/app"));

      expect(refused).toEqual([WRONG]);
    }
  });

  test.each(["basic", "bearer"] as const)(
    "refused three times in a row are not sent again: %s",
    async (kind) => {
      const registry = await serve({ auth: { kind, ...USER } }, WRONG);
      const repository = registry.openRepository("team/app");
      const fail = async (name: string): Promise<unknown> =>
        await registry
          .openRepository(name)
          .resolve("7")
          .catch((error: unknown) => error);

      await Promise.allSettled([fail("team/app"), fail("team/base"), fail("team/more")]);
      const before = seen.length;
      const last = await fail("team/last");

      expect(last).toMatchObject({
        code: "UNAUTHORIZED",
        message: expect.stringMatching(/as "ada" \(the test\).* refused that 3 times in a row/),
        hint: expect.stringContaining("docker login"),
      });
      expect(seen.length - before).toBe(0);
      await expect(repository.resolve("7")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    },
  );
});

test.each(["basic", "bearer"] as const)(
  "credentials that nobody has taken yet are tried one at a time, and three times at most: %s",
  async (kind) => {
    const registry = await serve({ auth: { kind, ...USER } }, WRONG);
    const names = Array.from({ length: 30 }, (_, number) => `team/app-${number}`);

    const results = await Promise.allSettled(
      names.map(async (name) => await registry.openRepository(name).resolve("7")),
    );

    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    const logins = steps().filter((step) => step.endsWith(" 401"));
    // The first request has no password yet.
    expect(logins).toHaveLength(1 + 3);
  },
);

test("credentials that nobody has taken yet are tried one at a time also after a token server was overloaded", async () => {
  let tokens = 0;
  const server = await serveOddly({
    challenge: () => ({ "www-authenticate": `Bearer realm="/token"` }),
    answerToken: () => {
      tokens += 1;
      return { status: tokens === 1 ? 503 : 401 };
    },
  });

  await tryMany(open(server.host, { credentials: WRONG }));

  expect(tokens).toBe(1 + 3);
});

test("a limit that is reached before credentials were taken is told to all that wait", async () => {
  const server = await serveOdd(({ headers }) =>
    headers.authorization === undefined
      ? { status: 401, headers: { "www-authenticate": "Basic realm=x" } }
      : { status: 429 },
  );
  const { openRepository } = open(server.host, { credentials: USER });

  const outcomes = await Promise.allSettled(
    Array.from({ length: 12 }, async (_, tag) => await openRepository("team/app").resolve(`${tag}`)),
  );

  for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { code: "TOOMANYREQUESTS" } });
});

test("credentials that nobody has taken yet are tried one at a time also after a registry was overloaded", async () => {
  let logins = 0;
  const server = await serveOdd(({ headers }) => {
    if (headers.authorization !== undefined) logins += 1;
    return logins === 1 ? { status: 503 } : { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
  });

  await tryMany(open(server.host, { credentials: WRONG }));

  expect(logins).toBe(1 + 3);
});

test("credentials are taken where a registry redirects, whatever is answered there", async () => {
  const storage = await serveOdd(() => ({ status: 503, headers: { "retry-after": "0" } }));
  const server = await serveOdd(({ headers }) =>
    headers.authorization === undefined
      ? { status: 401, headers: { "www-authenticate": "Basic realm=x" } }
      : { status: 307, headers: { location: `${storage.url}/x` } },
  );
  const registry = open(server.host, { credentials: USER });
  await readImage(registry.openRepository("team/first")).catch(() => undefined);
  const names = ["team/app", "team/base"];

  const results = await Promise.allSettled(
    names.map(async (name) => await readImage(registry.openRepository(name))),
  );

  for (const result of results)
    expect(result).toMatchObject({
      reason: { message: expect.stringContaining("to which the registry redirects") },
    });
});

test("each asks for its own token where it is not the credentials that fail", async () => {
  let tokens = 0;
  let most = 0;
  const server = await serveOddly({
    challenge: () => ({ "www-authenticate": `Bearer realm="/token"` }),
    answerToken: () => {
      tokens += 1;
      most = Math.max(most, tokens);
      return { status: 404 };
    },
  });
  const registry = open(server.host, { credentials: USER });
  const names = Array.from({ length: 8 }, (_, number) => `team/app-${number}`);

  await Promise.allSettled(names.map(async (name) => await readImage(registry.openRepository(name))));

  expect(server.requests.filter(({ url }) => url.startsWith("/token"))).toHaveLength(8);
});

/** Reads from a dozen repositories at once, which all fail. */
async function tryMany(registry: OpenedRegistry): Promise<void> {
  const names = Array.from({ length: 12 }, (_, number) => `team/app-${number}`);
  const results = await Promise.allSettled(
    names.map(async (name) => await readImage(registry.openRepository(name))),
  );
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
}

test("a token that nobody gets without credentials is asked for three times for each repository", async () => {
  const server = await serveOddly({
    challenge: () => ({ "www-authenticate": `Bearer realm="/token"` }),
    answerToken: () => ({ status: 403 }),
  });
  const repository = open(server.host).openRepository("team/app");

  for (let count = 0; count < 9; count++)
    await expect(readImage(repository)).rejects.toMatchObject({ code: "DENIED" });

  expect(server.requests.filter(({ url }) => url.startsWith("/token"))).toHaveLength(3);
});

test("credentials that go over a network without TLS are warned of once", async () => {
  const events: TransferEvent[] = [];
  const authorizer = createAuthorizer({
    userAgent: "test/1",
    registry: "r.io",
    findCredentials: async () => PASSWORD,
    dispatcher: new Agent(),
    onEvent: (event) => events.push(event),
    now: () => 0,
  });
  authorizer.learn({ scheme: "basic", parameters: new Map() });

  for (const origin of ["http://127.0.0.1:5000", "https://r.io", "http://r.io", "http://r.io"])
    (await authorizer.authorize({ scopes: [], origin }))?.end();

  expect(events).toMatchObject([
    { kind: "warning", code: "CREDENTIALS_WITHOUT_TLS", message: expect.stringContaining("go to r.io") },
  ]);
});
