import { describeCauses } from "@airgap-bundle/core";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type RawAnswer, type RawServer, serveRaw } from "../../../../test/support/raw-server.ts";
import type { Challenge } from "./challenge.ts";
import { type FetchTokenOptions, fetchToken, type Token } from "./token.ts";

let dispatcher: Agent;
let server: RawServer | undefined;

beforeEach(() => {
  dispatcher = new Agent();
});

afterEach(async () => {
  await dispatcher.close();
  await server?.close();
  server = undefined;
});

function challengeOf(parameters: Record<string, string>): Challenge {
  return { scheme: "bearer", parameters: new Map(Object.entries(parameters)) };
}

function optionsFor(options: Partial<FetchTokenOptions> = {}): FetchTokenOptions {
  return {
    registry: "r.io",
    origin: server?.url ?? "https://r.io",
    scopes: ["repository:a:pull"],
    credentials: undefined,
    dispatcher,
    userAgent: "test/1",
    ...options,
  };
}

async function fetchFrom(answer: RawAnswer, options: Partial<FetchTokenOptions> = {}): Promise<Token> {
  server = await serveRaw(() => answer);
  return await fetchToken(
    challengeOf({ realm: `${server.url}/token?a=1`, service: "s" }),
    optionsFor(options),
  );
}

describe("fetchToken()", () => {
  test("asks for all scopes, with the realm's own query and the credentials", async () => {
    const credentials = { kind: "password", username: "ada", password: "p:äss", origin: "the test" } as const;

    await fetchFrom(
      { body: `{"token":"t"}` },
      { credentials, scopes: ["repository:a:pull,push", "repository:b:pull"] },
    );

    expect(server?.requests).toMatchObject([
      {
        url: "/token?a=1&service=s&scope=repository%3Aa%3Apull%2Cpush&scope=repository%3Ab%3Apull",
        headers: { authorization: `Basic ${Buffer.from("ada:p:äss").toString("base64")}` },
      },
    ]);
  });

  test("asks without credentials where there are none, of a realm that is a path", async () => {
    server = await serveRaw(() => ({ body: `{"token":"t"}` }));

    await fetchToken(challengeOf({ realm: "/token" }), optionsFor());

    expect(server.requests[0]?.url).toBe("/token?scope=repository%3Aa%3Apull");
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    [`{"token":"t"}`, "t", 60_000],
    [`{"access_token":"t","expires_in":300}`, "t", 300_000],
    [`{"token":"t","access_token":"u","expires_in":5}`, "t", 60_000],
    [`{"token":"t","expires_in":1e12,"issued_at":"x"}`, "t", 86_400_000],
    [`{"token":"t","expires_in":-1}`, "t", 60_000],
    [`{"token":"t","expires_in":"300","issued_at":5}`, "t", 60_000],
    [`{"token":"t","expires_in":300,"issued_at":"2999-01-01T00:00:00Z"}`, "t", 300_000],
    [`{"token":"t","expires_in":300,"issued_at":"1999-01-01T00:00:00Z"}`, "t", 300_000],
  ])("reads %s", async (body, token, lifetimeMs) => {
    expect(await fetchFrom({ body })).toEqual({ token, lifetimeMs });
  });

  test("counts the life of a token from when it was issued", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-01T00:01:00Z") });
    const body = `{"token":"t","expires_in":300,"issued_at":"2026-01-01T00:00:00Z"}`;

    const token = await fetchFrom({ body }).finally(() => vi.useRealTimers());

    expect(token.lifetimeMs).toBe(240_000);
  });

  test("sends an identity token in a form, with what the token is for", async () => {
    const credentials = { kind: "identityToken", token: "refresh/+=", origin: "the test" } as const;

    await fetchFrom({ body: `{"access_token":"t"}` }, { credentials, scopes: ["repository:a:pull", "b"] });

    expect(server?.requests).toMatchObject([{ method: "POST", url: "/token?a=1" }]);
    expect(server?.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(Object.fromEntries(new URLSearchParams(server?.requests[0]?.body))).toEqual({
      grant_type: "refresh_token",
      service: "s",
      client_id: "airgap-bundle",
      scope: "repository:a:pull b",
      refresh_token: "refresh/+=",
    });
  });

  test.each([
    [400, "ada", "ada"],
    [401, "ada", "ada"],
    [404, undefined, "00000000-0000-0000-0000-000000000000"],
    [405, undefined, "00000000-0000-0000-0000-000000000000"],
  ])("sends an identity token as a password after %d, of %s", async (status, username, user) => {
    const named = username === undefined ? {} : { username };
    const credentials = { kind: "identityToken", token: "refresh", origin: "the test", ...named } as const;
    server = await serveRaw(({ method }) => (method === "POST" ? { status } : { body: `{"token":"t"}` }));

    await fetchToken(challengeOf({ realm: "/token" }), optionsFor({ credentials }));

    const authorization = `Basic ${Buffer.from(`${user}:refresh`).toString("base64")}`;
    expect(server.requests).toMatchObject([
      { method: "POST" },
      { method: "GET", headers: { authorization } },
    ]);
  });

  test.each([
    ["without credentials", undefined],
    ['as "ada" (the test)', { kind: "password", username: "ada", password: "s3cret", origin: "the test" }],
  ] as const)("says for what it is refused, and %s", async (who, credentials) => {
    await expect(fetchFrom({ status: 401 }, { credentials })).rejects.toMatchObject({
      message: expect.stringContaining(`${who}: it is refused (401) for repository:a:pull`),
      hint: expect.stringContaining("docker login r.io"),
    });
  });

  test.each([
    [401, "account is locked"],
    [400, "account is locked"],
  ])("tells what the token server says with %i", async (status, message) => {
    const body = JSON.stringify({ errors: [{ code: "X", message }] });

    await expect(fetchFrom({ status, body })).rejects.toMatchObject({
      message: expect.stringMatching(/: account is locked$/),
    });
  });

  test("never tells the secret, though the server repeats it", async () => {
    const credentials = { kind: "identityToken", token: "s3cr3t/t0ken", origin: "the test" } as const;
    const body = `refused: refresh_token=${encodeURIComponent(credentials.token)}&other=${credentials.token}`;

    const error: unknown = await fetchFrom({ status: 403, body }, { credentials }).catch((thrown) => thrown);

    expect(describeCauses(error).join(" ")).not.toContain("t0ken");
    expect(error).toMatchObject({ message: expect.stringContaining("refresh_token=***&other=***") });
  });

  test.each([401, 503])(
    "never tells the password, though the server repeats its header with %i",
    async (status) => {
      const credentials = {
        kind: "password",
        username: "ada",
        password: "s3cr3t",
        origin: "the test",
      } as const;
      const login = Buffer.from("ada:s3cr3t").toString("base64");

      const error: unknown = await fetchFrom(
        { status, body: `authorization: Basic ${login}` },
        { credentials },
      ).catch((thrown: unknown) => thrown);

      const told = [String(error), ...describeCauses(error)].join(" ");
      expect(told).toContain("authorization: Basic ***");
      expect(told).not.toContain(login);
    },
  );

  test("says who asks, and when to ask again", async () => {
    const fetched = fetchFrom({ status: 429, headers: { "retry-after": "7" } });

    await expect(fetched).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 7000 });
    expect(server?.requests).toMatchObject([{ headers: { "user-agent": "test/1" } }]);
  });

  test.each([
    ["no token", { body: "{}" }, "REGISTRY_FAILED"],
    ["an empty token", { body: `{"token":""}` }, "REGISTRY_FAILED"],
    ["a token that no header can hold", { body: `{"token":"a\\nb"}` }, "REGISTRY_FAILED"],
    ["a number", { body: `{"token":1}` }, "REGISTRY_FAILED"],
    ["a web page", { body: "<html>" }, "REGISTRY_FAILED"],
    ["a list", { body: "[]" }, "REGISTRY_FAILED"],
    ["more than a token can be", { body: "x".repeat(1024 * 1024 + 1) }, "SIZE_INVALID"],
    ["401", { status: 401 }, "UNAUTHORIZED"],
    ["403", { status: 403 }, "DENIED"],
    ["400", { status: 400 }, "REGISTRY_FAILED"],
    ["a redirect", { status: 307, headers: { location: "/x" } }, "REGISTRY_FAILED"],
    ["429", { status: 429 }, "UNAVAILABLE"],
    ["500", { status: 500 }, "UNAVAILABLE"],
    ["a cut connection", { headers: { "content-length": "9" }, body: "{", isCut: true }, "CONNECTION_FAILED"],
  ])("makes of %s %s", async (_what, answer: RawAnswer, code) => {
    await expect(fetchFrom(answer)).rejects.toMatchObject({ code });
    expect(server?.requests).toHaveLength(1);
  });

  test.each([
    ["without TLS", "http://auth.io/token"],
    ["with credentials of its own", "https://eve:x@auth.io/token"],
    ["with another scheme", "ftp://auth.io/token"],
    ["that is no URL", "https://["],
  ])("trusts no realm %s", async (_what, realm) => {
    const fetched = fetchToken(challengeOf({ realm }), optionsFor({ origin: "https://r.io" }));

    await expect(fetched).rejects.toMatchObject({
      code: "REGISTRY_FAILED",
      message: expect.stringContaining("not one to trust"),
    });
  });

  test("stops when told to", async () => {
    await expect(fetchFrom({}, { signal: AbortSignal.abort(new Error("stopped")) })).rejects.toThrow(
      "stopped",
    );
  });
});
