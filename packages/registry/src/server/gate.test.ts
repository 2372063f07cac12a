import { createMemoryStore, digestOf } from "@airgap-bundle/core";
import { afterEach, describe, expect, test } from "vitest";
import type { BearerAuth, ServerAuth } from "./options.ts";
import { type ServedRegistry, serveRegistry } from "./serve-registry.ts";

const USER = { username: "ada", password: "p:äss" };
const BLOB = Buffer.from("blob");
const UPLOAD = `/v2/lib/app/blobs/uploads/?digest=${digestOf(BLOB)}`;

let registry: ServedRegistry;

async function serve(auth: ServerAuth): Promise<void> {
  registry = await serveRegistry(createMemoryStore(), { auth });
}

async function send(method: string, path: string, authorization = ""): Promise<Response> {
  const headers: Record<string, string> = authorization === "" ? {} : { authorization };
  return await fetch(`${registry.url}${path}`, {
    method,
    headers,
    ...(method === "POST" ? { body: BLOB } : {}),
  });
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** A token for these scopes, as an `Authorization` header. */
async function getToken(scopes: readonly string[], authorization?: string): Promise<string> {
  const query = scopes.map((scope) => `&scope=${encodeURIComponent(scope)}`).join("");
  const response = await send("GET", `/token?service=registry${query}`, authorization);
  expect(response.status).toBe(200);
  const document: unknown = await response.json();
  expect(document).toMatchObject({ token: expect.any(String), expires_in: expect.any(Number) });
  return `Bearer ${String(Object(document).token)}`;
}

afterEach(async () => {
  await registry.close();
});

describe("a registry with basic authentication", () => {
  test.each([
    ["without credentials", "", 401],
    ["with the right ones", basic(USER.username, USER.password), 200],
    ["with a wrong password", basic(USER.username, "guess"), 401],
    ["with a wrong user", basic("eve", USER.password), 401],
    ["with another scheme", "Bearer x", 401],
    ["with garbage", "Basic ?", 401],
  ])("answers a request %s", async (_what, authorization, status) => {
    await serve({ kind: "basic", ...USER });

    const response = await send("GET", "/v2/", authorization);

    expect(response.status).toBe(status);
    expect(response.headers.get("www-authenticate")).toBe(status === 401 ? 'Basic realm="registry"' : null);
  });
});

describe("a registry with bearer tokens", () => {
  const credentials = basic(USER.username, USER.password);
  const PUSH = "repository:lib/app:pull,push";
  const serveBearer = async (options: Partial<BearerAuth> = {}): Promise<void> =>
    await serve({ kind: "bearer", ...USER, ...options });

  test("names its token endpoint and the scope", async () => {
    await serveBearer();

    const base = await send("GET", "/v2/");
    const pull = await send("GET", "/v2/lib/app/tags/list");
    const mount = await send("POST", `/v2/lib/app/blobs/uploads/?mount=${digestOf(BLOB)}&from=lib/base`);

    const challenge = `Bearer realm="${registry.url}/token",service="registry"`;
    expect(base.status).toBe(401);
    expect(base.headers.get("www-authenticate")).toBe(challenge);
    expect(pull.headers.get("www-authenticate")).toBe(`${challenge},scope="repository:lib/app:pull"`);
    expect(mount.headers.get("www-authenticate")).toBe(
      `${challenge},scope="repository:lib/app:pull,push repository:lib/base:pull"`,
    );
    expect(await base.json()).toMatchObject({ errors: [{ code: "UNAUTHORIZED" }] });
  });

  test("lets a token do what it is for", async () => {
    await serveBearer();
    const token = await getToken([PUSH], credentials);

    expect((await send("GET", "/v2/", token)).status).toBe(200);
    expect((await send("POST", UPLOAD, token)).status).toBe(201);
    expect((await send("GET", "/v2/lib/app/tags/list", token)).status).toBe(200);
  });

  test("takes scopes one by one and separated by blanks", async () => {
    await serveBearer();
    const token = await getToken(["repository:x:pull", `registry:catalog:* ${PUSH}`], credentials);

    expect((await send("POST", UPLOAD, token)).status).toBe(201);
  });

  test.each([
    ["repository:lib/app:pull", "POST", UPLOAD],
    ["repository:lib/other:pull,push", "GET", "/v2/lib/app/tags/list"],
    [PUSH, "POST", `/v2/lib/app/blobs/uploads/?mount=${digestOf(BLOB)}&from=lib/base`],
  ])("asks for another token where %s does not allow %s", async (scope, method, path) => {
    await serveBearer();
    const token = await getToken([scope], credentials);

    const response = await send(method, path, token);

    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  });

  test.each([
    ["GET", "/v2/_catalog", "registry:catalog:*", 200],
    ["DELETE", "/v2/lib/app/manifests/7.2", "repository:lib/app:delete", 404],
    ["DELETE", `/v2/lib/app/blobs/${digestOf(BLOB)}`, "repository:lib/app:delete", 202],
    ["DELETE", "/v2/lib/app/blobs/uploads/x", PUSH, 404],
  ])("asks for a token of its own for %s %s", async (method, path, scope, status) => {
    await serveBearer();
    const token = await getToken([PUSH], credentials);
    await send("POST", UPLOAD, token);

    const { headers } = await send(method, path);
    const answered = await send(method, path, await getToken([scope], credentials));

    expect(headers.get("www-authenticate")).toContain(`scope="${scope}"`);
    expect(answered.status).toBe(status);
  });

  test("denies the list of repositories to who may only pull", async () => {
    await serveBearer({ grant: ({ action }) => action === "pull" });
    const token = await getToken(["registry:catalog:*"], credentials);

    const response = await send("GET", "/v2/_catalog", token);

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ errors: [{ code: "DENIED" }] });
  });

  test("does not look for a blob to mount in what the token does not name", async () => {
    await serveBearer();
    await send("POST", UPLOAD, await getToken([PUSH], credentials));
    const token = await getToken(["repository:lib/other:pull,push"], credentials);

    const response = await send("POST", `/v2/lib/other/blobs/uploads/?mount=${digestOf(BLOB)}`, token);

    expect(response.status).toBe(202);
  });

  test("denies what its user may not do", async () => {
    await serveBearer({ grant: ({ action }) => action === "pull" });
    const token = await getToken([PUSH], credentials);

    const response = await send("POST", UPLOAD, token);

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ errors: [{ code: "DENIED" }] });
  });

  test("lets anybody pull where that is granted", async () => {
    await serveBearer({ grant: ({ username, action }) => action === "pull" || username !== undefined });
    const token = await getToken([PUSH]);

    expect((await send("GET", "/v2/lib/app/tags/list", token)).status).toBe(404);
    expect((await send("POST", UPLOAD, token)).status).toBe(401);
  });

  test("gives no token for a wrong password", async () => {
    await serveBearer();

    const response = await send("GET", `/token?scope=${PUSH}`, basic(USER.username, "guess"));

    expect(response.status).toBe(401);
  });

  test("gives tokens by GET only", async () => {
    await serveBearer();

    expect((await send("POST", "/token")).status).toBe(405);
  });

  test.each([
    ["an unknown token", {}, "Bearer guess"],
    ["an expired token", { expiresInSeconds: 0 }, undefined],
  ])("refuses %s", async (_what, options, authorization) => {
    await serveBearer(options);
    const token = authorization ?? (await getToken([PUSH], credentials));

    const response = await send("GET", "/v2/lib/app/tags/list", token);

    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });
});
