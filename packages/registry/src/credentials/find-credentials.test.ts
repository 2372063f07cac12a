import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TransferEvent } from "@airgap-bundle/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Credentials } from "./credentials.ts";
import { openCredentials } from "./find-credentials.ts";
import type { Machine } from "./machine.ts";

let directory: string;
let events: TransferEvent[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "auth-"));
  events = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function encode(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A machine whose home is the test's directory. */
function machineWith(environment: Machine["environment"] = {}): Machine {
  return { environment, homeDirectory: directory, platform: "linux" };
}

async function write(name: string, content: string | object): Promise<string> {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

/** An entry whose password tells where it stood. */
function passwordOf(place: string): object {
  return { auths: { "r.io": { auth: encode(`ada:${place}`) } } };
}

async function find(
  registry: string,
  repository?: string,
  options: { readonly authFile?: string; readonly environment?: Machine["environment"] } = {},
): Promise<Credentials | undefined> {
  const { authFile, environment } = options;
  const onEvent = (event: TransferEvent): void => void events.push(event);
  const opened = await openCredentials({
    machine: machineWith(environment),
    authFile,
    onEvent,
    now: () => 0,
  });
  return await opened(registry, repository);
}

async function findIn(content: string | object, registry = "r.io", repository?: string): Promise<unknown> {
  const authFile = await write("named.json", content);
  const found = await find(registry, repository, { authFile });
  if (found === undefined) return undefined;
  const { origin, ...rest } = found;
  expect(origin).toBe("--authfile");
  return rest;
}

const SECRET = { kind: "password", username: "ada", password: "secret" };

describe("openCredentials() reads an entry with", () => {
  test.each([
    ["docker login's own", { auth: encode("ada:secret") }, SECRET],
    ["colons in the password", { auth: encode("ada:a:b:") }, { ...SECRET, password: "a:b:" }],
    ["letters beyond ASCII", { auth: encode("äda:wört") }, { ...SECRET, username: "äda", password: "wört" }],
    ["zeros that old versions put behind", { auth: encode("ada:secret\0\0") }, SECRET],
    ["a robot's name", { auth: encode("robot$ci+push:secret") }, { ...SECRET, username: "robot$ci+push" }],
    ["an empty password", { auth: encode("ada:") }, { ...SECRET, password: "" }],
    ["plain fields", { username: "ada", password: "secret" }, SECRET],
    ["unknown fields", { auth: encode("ada:secret"), email: "a@b" }, SECRET],
    ["an identity token", { identitytoken: "t" }, { kind: "identityToken", token: "t" }],
    [
      "an identity token and its user",
      { auth: encode("ada:"), identitytoken: "t" },
      { kind: "identityToken", username: "ada", token: "t" },
    ],
    ["a registry token", { registrytoken: "t" }, { kind: "registryToken", token: "t" }],
  ])("%s", async (_what, entry, expected) => {
    expect(await findIn({ auths: { "r.io": entry } })).toEqual(expected);
    expect(events).toEqual([]);
  });

  test.each([
    ["no user", { auth: encode(":secret") }],
    ["no colon", { auth: encode("secret") }],
    ["what is no base64", { auth: "*" }],
    ["bytes that are no text", { auth: Buffer.from([97, 58, 255]).toString("base64") }],
    ["a password alone", { password: "secret" }],
    ["a token that no header can hold", { registrytoken: "secret\r\nx: y" }],
    ["auth as an object", { auth: { secret: 1 } }],
    ["text", "secret"],
  ])("%s not at all, but warns without telling it", async (_what, entry) => {
    expect(await findIn({ auths: { "r.io": entry } })).toBeUndefined();

    expect(events).toMatchObject([{ kind: "warning", code: "AUTH_ENTRY_MALFORMED" }]);
    expect(JSON.stringify(events)).toContain("r.io");
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`secret|${encode("secret")}`));
  });

  test("nothing in it as nothing to warn of", async () => {
    expect(await findIn({ auths: { "r.io": {}, "s.io": { auth: "" } } })).toBeUndefined();
    expect(events).toEqual([]);
  });
});

describe("openCredentials() finds", () => {
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
    ["docker.io", "docker.io.evil.com", false],
    ["evil.com/docker.io", "docker.io", false],
  ])("the credentials of %s for %s: %s", async (key, registry, isFound) => {
    const found = await findIn({ auths: { [key]: { auth: encode("ada:secret") } } }, registry);

    expect(found !== undefined).toBe(isFound);
  });

  test.each([
    ["team/app", "app"],
    ["team/app/part", "app"],
    ["team/other", "team"],
    ["teams", "all"],
    ["team/application", "team"],
    [undefined, "all"],
  ])("for the repository %s those of %s, the most specific ones", async (repository, password) => {
    const auths = {
      "r.io": { auth: encode("ada:all") },
      "r.io/team": { auth: encode("ada:team") },
      "r.io/team/app": { auth: encode("ada:app") },
    };

    expect(await findIn({ auths }, "r.io", repository)).toMatchObject({ password });
  });

  test("what can be read under another name of Docker Hub", async () => {
    const auths = {
      "docker.io": { auth: "*" },
      "https://index.docker.io/v1/": { auth: encode("ada:secret") },
    };

    expect(await findIn({ auths }, "docker.io")).toMatchObject(SECRET);
  });

  test("the first of the files that has something for the registry", async () => {
    const run = join(directory, "run");
    const environment = { XDG_RUNTIME_DIR: run };
    const origins = [];
    for (const [name, content] of [
      [".dockercfg", { "r.io": { auth: encode("ada:x") } }],
      [".docker/config.json", passwordOf("x")],
      [".config/containers/auth.json", passwordOf("x")],
      ["run/containers/auth.json", passwordOf("x")],
    ] as const) {
      await write(name, content);
      origins.push((await find("r.io", undefined, { environment }))?.origin);
    }
    const text = { ...environment, DOCKER_AUTH_CONFIG: JSON.stringify(passwordOf("x")) };
    origins.push((await find("r.io", undefined, { environment: text }))?.origin);
    const variable = { ...text, REGISTRY_AUTH_FILE: await write("variable.json", passwordOf("x")) };
    origins.push((await find("r.io", undefined, { environment: variable }))?.origin);

    expect(origins).toEqual([
      "~/.dockercfg",
      "~/.docker/config.json",
      "~/.config/containers/auth.json",
      "$XDG_RUNTIME_DIR/containers/auth.json",
      "$DOCKER_AUTH_CONFIG",
      "$REGISTRY_AUTH_FILE",
    ]);
  });

  test("nothing beside a file that is named", async () => {
    await write(".docker/config.json", passwordOf("x"));
    const environment = { DOCKER_AUTH_CONFIG: JSON.stringify(passwordOf("x")) };
    const authFile = await write("named.json", { auths: {} });

    expect(await find("r.io", undefined, { authFile, environment })).toBeUndefined();
  });

  test("nothing where there is no file", async () => {
    expect(await find("r.io")).toBeUndefined();
  });
});

describe("openCredentials() refuses", () => {
  test.each([
    ["no JSON", "auths: {r.io: {auth: c2VjcmV0}}"],
    ["a list", `["c2VjcmV0"]`],
    ["auths as a list", `{"auths":["c2VjcmV0"]}`],
    ["credHelpers that are no names", `{"credHelpers":{"r.io":{"c2VjcmV0":1}}}`],
    ["more than a file can be", `{"auths":{}}${" ".repeat(1024 * 1024)}`],
  ])("%s and does not tell its content", async (_what, content) => {
    const error = await findIn(content).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: "USAGE", message: expect.stringContaining("named.json") });
    const told = `${String(error)} ${JSON.stringify(error)} ${String(Object(error).cause)}`;
    expect(told).not.toContain("c2VjcmV0");
  });

  test("DOCKER_AUTH_CONFIG that is no JSON, without its text", async () => {
    const found = find("r.io", undefined, { environment: { DOCKER_AUTH_CONFIG: "c2VjcmV0" } });

    await expect(found).rejects.toMatchObject({
      code: "USAGE",
      message: "Cannot read the credentials in DOCKER_AUTH_CONFIG: it is not JSON",
    });
  });

  test("a named file that is not there, or is no file", async () => {
    await expect(find("r.io", undefined, { authFile: join(directory, "none.json") })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/none\.json: there is no such file/),
    });
    await expect(find("r.io", undefined, { authFile: directory })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/not a regular file/),
    });
  });

  test("a file of docker's that is none", async () => {
    await mkdir(join(directory, ".docker", "config.json"), { recursive: true });

    await expect(find("r.io")).rejects.toMatchObject({ code: "USAGE" });
  });
});

describe("openCredentials() warns of", () => {
  test("a file with credentials that others can read", async () => {
    const authFile = await write("named.json", passwordOf("x"));
    await chmod(authFile, 0o644);

    await find("r.io", undefined, { authFile });

    expect(events).toMatchObject([{ code: "AUTH_FILE_EXPOSED", message: expect.stringContaining(authFile) }]);
  });

  test("no file without any, whoever can read it, and no link", async () => {
    const path = await write("plain.json", { HttpHeaders: {}, auths: { "r.io": {} } });
    await chmod(path, 0o644);
    const link = join(directory, "link.json");
    await symlink(path, link);

    await find("r.io", undefined, { authFile: link });

    expect(events).toEqual([]);
  });

  test("a file of docker's that it may not read", async () => {
    await chmod(await write(".docker/config.json", passwordOf("x")), 0o000);
    await chmod(directory, 0o755);

    const found = await asNobody(async () => await find("r.io"));

    expect(found).toBeUndefined();
    expect(events).toMatchObject([{ code: "AUTH_FILE_UNREADABLE" }]);
  });
});

/** The superuser may read everything: where it runs the tests, this work is done without its rights. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
