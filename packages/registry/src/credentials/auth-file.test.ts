import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FindCredentials, readAuthFile } from "./auth-file.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "auth-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

async function readFileOf(content: string | object): Promise<FindCredentials> {
  const path = join(directory, "auth.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return await readAuthFile({ path, environment: {} });
}

describe("readAuthFile()", () => {
  test.each([
    ["docker login's own", { auth: encode("ada:secret") }, { username: "ada", password: "secret" }],
    ["colons in the password", { auth: encode("ada:a:b:") }, { username: "ada", password: "a:b:" }],
    ["letters beyond ASCII", { auth: encode("äda:pässword") }, { username: "äda", password: "pässword" }],
    [
      "zeros that old versions put behind",
      { auth: encode("ada:secret\0\0") },
      { username: "ada", password: "secret" },
    ],
    ["a robot's name", { auth: encode("robot$ci+push:x") }, { username: "robot$ci+push", password: "x" }],
    ["an empty password", { auth: encode("ada:") }, { username: "ada", password: "" }],
    ["plain fields", { username: "ada", password: "secret" }, { username: "ada", password: "secret" }],
    ["unknown fields", { auth: encode("ada:x"), email: "a@b" }, { username: "ada", password: "x" }],
    ["an entry without credentials", {}, undefined],
    ["no user", { auth: encode(":secret") }, undefined],
    ["no colon", { auth: encode("secret") }, undefined],
    ["what is no base64", { auth: "*" }, undefined],
  ])("reads %s", async (_what, entry, expected) => {
    const find = await readFileOf({ auths: { "r.io": entry } });

    expect(find("r.io")).toEqual(expected);
  });

  test.each([
    ["r.io", "r.io", true],
    ["r.io", "R.IO", true],
    ["https://r.io", "r.io", true],
    ["https://r.io/v2/", "r.io", true],
    ["http://r.io:5000", "r.io:5000", true],
    ["https://index.docker.io/v1/", "docker.io", true],
    ["docker.io", "registry-1.docker.io", true],
    ["r.io/team", "r.io", false],
    ["https://r.io/v2/team", "r.io", false],
    ["r.io", "r.io:443", false],
    ["r.io:5000", "r.io", false],
    ["r.io", "evil.r.io", false],
    ["r.io", "r.io.evil.com", false],
  ])("finds the credentials of %s for %s: %s", async (key, registry, isFound) => {
    const find = await readFileOf({ auths: { [key]: { auth: encode("ada:secret") } } });

    expect(find(registry) !== undefined).toBe(isFound);
  });

  test("reads a file without auths", async () => {
    const find = await readFileOf({ credsStore: "desktop", HttpHeaders: {} });

    expect(find("r.io")).toBeUndefined();
  });

  test("finds docker's own file by DOCKER_CONFIG", async () => {
    await writeFile(
      join(directory, "config.json"),
      JSON.stringify({ auths: { "r.io": { auth: encode("ada:x") } } }),
    );

    const find = await readAuthFile({ environment: { DOCKER_CONFIG: directory } });

    expect(find("r.io")).toEqual({ username: "ada", password: "x" });
  });

  test("needs no file where none is named", async () => {
    const find = await readAuthFile({ environment: { DOCKER_CONFIG: join(directory, "none") } });

    expect(find("r.io")).toBeUndefined();
  });

  test("needs the file that is named", async () => {
    const path = join(directory, "none.json");

    await expect(readAuthFile({ path, environment: {} })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(path),
    });
    await expect(readAuthFile({ path: directory, environment: {} })).rejects.toMatchObject({ code: "USAGE" });
  });

  test.each([
    ["no JSON", "auths: {r.io: {auth: c2VjcmV0}}"],
    ["a list", `["c2VjcmV0"]`],
    ["auths as a list", `{"auths":["c2VjcmV0"]}`],
    ["an entry as text", `{"auths":{"r.io":"c2VjcmV0"}}`],
    ["auth as an object", `{"auths":{"r.io":{"auth":{"c2VjcmV0":1}}}}`],
  ])("refuses %s and does not tell its content", async (_what, content) => {
    const error = await readFileOf(content).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "USAGE" });
    expect(`${String(error)} ${JSON.stringify(error)} ${String(Object(error).cause)}`).not.toContain(
      "c2VjcmV0",
    );
  });
});
