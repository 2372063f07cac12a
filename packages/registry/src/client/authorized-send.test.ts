import { contentOf, describeCauses } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { makeBlob, makeImage } from "../../../../test/support/images.ts";
import { PASSWORD, readImage, USER, useLogins, WRONG } from "../../../../test/support/logins.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";

const { open, seen, serve, serveBearer, serveOdd, serveOddly, steps } = useLogins();

describe("a token", () => {
  test("for too little is asked for again, with what the registry names as well", async () => {
    const wanted = "repository:team/app:pull repository:group/virtual:pull";
    const server = await serveOddly({
      challenge: () => ({
        "www-authenticate": `Bearer realm="/token",scope="${wanted}",error="insufficient_scope"`,
      }),
      isAllowed: (sent) => sent === "Bearer both",
      answerToken: ({ url }) => ({
        body: JSON.stringify({ token: url.includes("virtual") ? "both" : "one" }),
      }),
    });
    const repository = open(server.host).openRepository("team/app");

    await readImage(repository);
    await readImage(repository);

    expect(server.requests.map(({ url }) => (url.startsWith("/token") ? "token" : "get"))).toEqual([
      "get",
      "token",
      "get",
      "token",
      "get",
      "get",
    ]);
  });

  test("is asked for once more at most, whatever the registry names", async () => {
    let count = 0;
    const server = await serveOddly({
      challenge: () => ({ "www-authenticate": `Bearer realm="/token",scope="repository:x${count++}:pull"` }),
    });

    await expect(readImage(open(server.host).openRepository("team/app"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("without credentials for repository:team/app:pull repository:x"),
    });
    expect(server.requests).toHaveLength(5);
  });

  test("that is refused for one repository for good leaves the others alone", async () => {
    const server = await serveOddly({
      challenge: () => ({ "www-authenticate": `Bearer realm="/token"` }),
      isAllowed: (sent) => sent === "Bearer good",
      answerToken: ({ url }) => ({ body: `{"token":"${url.includes("base") ? "good" : "bad"}"}` }),
    });
    const registry = open(server.host, { credentials: USER });

    for (let count = 0; count < 9; count++)
      await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
        code: "UNAUTHORIZED",
      });
    const requests = server.requests.length;
    await readImage(registry.openRepository("team/base"));

    expect(requests).toBeLessThan(10);
  });

  test("that was good before is renewed", async () => {
    let valid = "Bearer 1";
    let count = 0;
    const server = await serveOddly({
      challenge: () => ({ "www-authenticate": `Bearer realm="/token",error="invalid_token"` }),
      isAllowed: (sent) => sent === valid,
      answerToken: () => ({ body: JSON.stringify({ token: String(++count), expires_in: 300 }) }),
    });
    const repository = open(server.host).openRepository("team/app");
    await readImage(repository);

    valid = "Bearer 2";
    await Promise.all([readImage(repository), readImage(repository), readImage(repository)]);

    expect(count).toBe(2);
  });

  test("is asked for with the first scope alone where the server does not take both", async () => {
    const registry = await serveBearer({ refusesScope: (name) => name === "other/base" }, PASSWORD);
    const app = registry.openRepository("team/app");
    await app.resolve("7");

    const { descriptor, content } = makeBlob("layer");
    expect(await app.putBlob(descriptor, () => contentOf(content), { from: "other/base" })).toBe("uploaded");

    expect(steps().filter((step) => step.includes("/token"))).toEqual([
      "GET /token 200",
      "GET /token 400",
      "GET /token 200",
      // Of the upload, for its own repository alone.
      "GET /token 200",
    ]);
  });

  test("of a push is for pull and push from the start, of a pull for pull alone", async () => {
    const registry = await serveBearer({}, PASSWORD);
    const blob = makeBlob("new");

    await registry.openRepository("team/base").resolve("7");
    await registry.openRepository("team/app").putBlob(blob.descriptor, () => contentOf(blob.content));

    const scopes = seen.flatMap(({ path }) => new URL(path, "http://x").searchParams.getAll("scope"));
    expect(scopes).toEqual(["repository:team/base:pull", "repository:team/app:pull,push"]);
  });
});

describe("a registry that refuses without saying how to log in", () => {
  const AUTHS = [
    { kind: "basic", ...USER },
    { kind: "bearer", ...USER },
  ] as const;

  test.each(AUTHS)("is asked at its base endpoint: $kind", async (auth) => {
    const registry = await serve({ auth, quirks: { challengeAtBaseOnly: true } }, PASSWORD);

    await readImage(registry.openRepository("team/app"));

    expect(steps().slice(0, 2)).toEqual(["GET … 401", "GET /v2/ 401"]);
  });

  test.each(AUTHS)("refuses wrong credentials as such: $kind", async (auth) => {
    const registry = await serve({ auth, quirks: { challengeAtBaseOnly: true } }, WRONG);

    await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining('as "ada" (the test)'),
    });
  });

  test.each(AUTHS)("may have no such project: $kind", async (auth) => {
    const registry = await serve(
      { auth, quirks: { missingProjects: (name) => name.startsWith("team/") } },
      PASSWORD,
    );
    const repository = registry.openRepository("team/app");
    const expected = {
      code: "DENIED",
      message: expect.stringMatching(/: the project "team" does not exist or gives no access as "ada"/),
      hint: expect.stringContaining("the login itself is right"),
    };

    const outcomes = await Promise.allSettled([repository.resolve("7"), readImage(repository)]);

    expect(outcomes).toMatchObject([{ reason: expected }, { reason: { code: "DENIED" } }]);
    expect(seen.length).toBeLessThan(10);
  });

  test("may have no such project, which is told once the login was tried", async () => {
    const quirks = { missingProjects: (name: string) => name.startsWith("team/") };
    const registry = await serve({ auth: { kind: "bearer", ...USER }, quirks }, PASSWORD);

    await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining('gives no access as "ada"'),
      hint: expect.stringContaining("the login itself is right"),
    });
  });

  test("is logged in to, whatever the repository is called", async () => {
    const server = await serveOdd(({ url, headers }) => {
      if (url === "/v2/") return { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
      return headers.authorization === undefined
        ? { status: 401, body: "session not found" }
        : { status: 404, body: `{"errors":[{"code":"NAME_UNKNOWN"}]}` };
    });
    const repository = open(server.host, { credentials: USER }).openRepository("project/app");

    await expect(Array.fromAsync(repository.listTags())).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
  });

  test("may show its projects only to those who log in", async () => {
    const quirks = { missingProjects: (name: string) => name.startsWith("team/") };
    const registry = await serve({ auth: { kind: "bearer", ...USER }, quirks });

    await expect(readImage(registry.openRepository("team/app"))).rejects.toMatchObject({
      code: "DENIED",
      message: expect.stringContaining("gives no access without credentials"),
      hint: expect.stringContaining("docker login"),
    });
  });

  test("at its base endpoint either asks for nothing that is known", async () => {
    const server = await serveOddly({
      challenge: () => ({ "www-authenticate": ["Negotiate", "Bearer service=x"] }),
    });

    await expect(readImage(open(server.host).openRepository("team/app"))).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringMatching(
        /^Cannot log in to .*: it asks for negotiate, bearer, which is not known here$/,
      ),
      hint: expect.stringContaining("Basic or Bearer"),
    });
    expect(server.requests.map(({ url }) => url)).toEqual([expect.stringContaining("manifests"), "/v2/"]);
  });

  test("is told with its own words where it says nothing of a login at all", async () => {
    const body = JSON.stringify({ errors: [{ code: "DENIED", message: "not on the allow list" }] });
    const server = await serveOdd(() => ({ status: 401, body }));

    await expect(readImage(open(server.host).openRepository("team/app"))).rejects.toMatchObject({
      message: expect.stringMatching(/: it does not say how: not on the allow list$/),
    });
  });

  test("is not asked elsewhere, though its base endpoint sends there", async () => {
    const other = await serveOddly({ challenge: () => ({ "www-authenticate": "Basic realm=x" }) });
    const server = await serveOdd(({ url }) =>
      url === "/v2/" ? { status: 307, headers: { location: `${other.url}/v2/` } } : { status: 401 },
    );

    await expect(
      readImage(open(server.host, { credentials: USER }).openRepository("team/app")),
    ).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test("prefers tokens to passwords", async () => {
    const server = await serveOddly({
      challenge: () => ({ "www-authenticate": `Basic realm="x", Bearer realm="/token"` }),
      isAllowed: (sent) => sent === "Bearer t",
    });

    await readImage(open(server.host, { credentials: USER }).openRepository("team/app"));

    expect(server.requests).toHaveLength(3);
  });
});

test("credentials are taken where a registry redirects, before it is known that the host there is dead", async () => {
  // A request without a body to cut gets no answer at all.
  const storage = await serveOdd(() => ({ isDropped: true }));
  const image = makeImage(["layer"]);
  const server = await serveOdd(({ url, headers }) => {
    if (headers.authorization === undefined)
      return { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
    if (url.includes("team/first")) return { status: 429 };
    if (url.includes("team/app")) return { status: 307, headers: { location: `${storage.url}/x` } };
    return answerManifest(image);
  });
  const registry = open(server.host, { credentials: USER });
  // From now on it is known how to log in, and not yet whether the password is right.
  await expect(registry.openRepository("team/first").resolve("7")).rejects.toThrow();
  const controller = new AbortController();

  const lost = registry.openRepository("team/app").resolve("7", { signal: controller.signal });
  const found = registry.openRepository("team/base").resolve("7");

  expect(await found).toEqual(image.descriptor);
  controller.abort(new Error("stopped"));
  await expect(lost).rejects.toThrow("stopped");
}, 10_000);

describe("a registry that repeats what it was sent", () => {
  test.each([
    ["that it refuses", 401],
    ["with which it then fails", 500],
  ])("is told without the password %s", async (_when, status) => {
    const credentials = { ...USER, password: "s3cr3t/p\u00e4ss" };
    const server = await serveOdd(({ headers }) => {
      const sent = headers.authorization ?? "";
      if (sent === "") return { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
      const [user, password] = Buffer.from(sent.slice(6), "base64").toString().split(":");
      const message = `got ${sent} of ${user}, who says ${password}`;
      const body = JSON.stringify({ errors: [{ code: "UNKNOWN", message }] });
      return { status, headers: { "www-authenticate": "Basic realm=x" }, body };
    });
    const repository = open(server.host, { credentials }).openRepository("team/app");

    const error: unknown = await readImage(repository).catch((thrown: unknown) => thrown);

    const told = [String(error), ...describeCauses(error)].join(" ");
    expect(told).toContain("got Basic *** of ada, who says ***");
    expect(told).not.toContain("s3cr3t");
    expect(told).not.toContain(Buffer.from(`ada:${credentials.password}`).toString("base64"));
  });
});
