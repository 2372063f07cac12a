import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TransferEvent } from "@airgap-bundle/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerWith, writeCredentialHelper } from "../../../../test/support/credential-helper.ts";
import { askHelper } from "./ask-helper.ts";
import type { FindCredentials } from "./credentials.ts";
import { openCredentials } from "./find-credentials.ts";

const SECRET = "s3cret";
const NOT_FOUND = `console.log("credentials not found in native keychain"); process.exit(1);`;

let directory: string;
let events: TransferEvent[];
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "helper-"));
  events = [];
  nowMs = 0;
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function open(config: object): Promise<FindCredentials> {
  const authFile = join(directory, "config.json");
  await writeFile(authFile, JSON.stringify(config), { mode: 0o600 });
  const environment = { PATH: `relative:${join(directory, "bin")}:${process.env["PATH"]}` };
  const machine = { environment, homeDirectory: directory, platform: "linux" } as const;
  return await openCredentials({
    machine,
    authFile,
    onEvent: (event) => events.push(event),
    now: () => nowMs,
  });
}

/** Writes the helper `test` and opens a file that sends the registry `r.io` to it. */
async function openWith(script: string): Promise<FindCredentials> {
  await writeCredentialHelper(directory, "test", script);
  return await open({ credHelpers: { "r.io": "test", "docker.io": "test" } });
}

async function readLog(): Promise<readonly string[]> {
  return (await readFile(join(directory, "test.log"), "utf8")).trim().split("\n");
}

describe("a credential helper", () => {
  test("is asked for the registry, once", async () => {
    const find = await openWith(answerWith("ada", SECRET));

    const found = await Promise.all([find("r.io", "a"), find("r.io", "b"), find("r.io", undefined)]);

    const expected = { kind: "password", username: "ada", password: SECRET };
    expect(found).toEqual(Array(3).fill({ ...expected, origin: "docker-credential-test" }));
    expect(await readLog()).toEqual(["get r.io"]);
  });

  test("is asked for Docker Hub by the name that docker login uses", async () => {
    const find = await openWith(answerWith("ada", SECRET));

    await find("registry-1.docker.io", "library/redis");

    expect(await readLog()).toEqual(["get https://index.docker.io/v1/"]);
  });

  test("gives an identity token", async () => {
    const find = await openWith(answerWith("<token>", SECRET));

    expect(await find("r.io", undefined)).toMatchObject({ kind: "identityToken", token: SECRET });
  });

  test.each([
    ["says that it has nothing", NOT_FOUND],
    ["gives no secret", answerWith("ada", "")],
    ["gives no user", answerWith("", SECRET)],
  ])("that %s means to go without", async (_what, script) => {
    const find = await openWith(script);

    expect(await find("r.io", undefined)).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("is asked again when what it gave is refused, but not right away", async () => {
    const find = await openWith(
      `console.log(JSON.stringify({ Username: "ada", Secret: String(Math.random()) }));`,
    );
    const first = await find("r.io", undefined);
    const refused = first === undefined ? {} : { refused: first };

    nowMs = 60_000;
    const soon = await find("r.io", undefined, refused);
    nowMs = 600_000;
    const kept = await find("r.io", undefined);
    const later = await Promise.all([1, 2].map(async () => await find("r.io", undefined, refused)));

    expect(first).toBeDefined();
    expect([soon, kept]).toEqual([first, first]);
    expect(later[0]).not.toEqual(first);
    expect(later[1]).toBe(later[0]);
    expect(await readLog()).toHaveLength(2);
  });

  test("that reads nothing is heard all the same", async () => {
    const bin = join(directory, "bin");
    await mkdir(bin);
    const path = join(bin, "docker-credential-deaf");
    await writeFile(path, `#!/bin/sh\necho '{"Username":"ada","Secret":"${SECRET}"}'\n`);
    await chmod(path, 0o755);

    const find = await open({ credsStore: "deaf" });

    expect(await find("r.io", undefined)).toMatchObject({ password: SECRET });
  });

  test.each([
    ["fails", `console.error("${SECRET}"); console.log("${SECRET}"); process.exit(3);`, /ends with status 3/],
    ["crashes", `process.kill(process.pid, "SIGSEGV"); for (;;);`, /is killed by SIGSEGV/],
    ["answers something else", `console.log("${SECRET}");`, /not what a credential helper says/],
    ["answers a list", `console.log('["${SECRET}"]');`, /not what a credential helper says/],
    [
      "prints without end",
      `for (;;) require("node:fs").writeSync(1, "${SECRET}".repeat(1000));`,
      /prints more than/,
    ],
  ])("that %s stops the login, and what it printed is told nobody", async (_what, script, message) => {
    const find = await openWith(script);

    const error = await find("r.io", undefined).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("echo r.io | docker-credential-test get"),
    });
    expect(`${JSON.stringify(error)} ${String(Object(error).cause)} ${String(error)}`).not.toContain(SECRET);
  });

  test("that hangs is not waited for", async () => {
    const script = `require("node:child_process").spawn("sleep", ["5"], { stdio: "inherit" });`;
    const { directory: bin } = await writeCredentialHelper(directory, "slow", script);
    const environment = { PATH: `${bin}:${process.env["PATH"]}` };
    const machine = { environment, homeDirectory: directory, platform: "linux" } as const;

    await expect(askHelper("slow", "r.io", { machine, timeoutMs: 500 })).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("takes longer than 0.5 seconds"),
    });
  });

  test.each([["../../x"], ["x y"], ["x;y"], ["/bin/x"], [""]])(
    "of the name %j is never run",
    async (helper) => {
      const find = await open({ credHelpers: { "r.io": helper || "$" } });

      await expect(find("r.io", undefined)).rejects.toMatchObject({
        code: "UNAUTHORIZED",
        message: expect.stringContaining("not the name of a credential helper"),
      });
    },
  );

  test("that is not installed is named, with the program to install", async () => {
    const ecr = "1.dkr.ecr.eu-west-1.amazonaws.com";
    const find = await open({ credHelpers: { "r.io": "absent", [ecr]: "ecr-login" } });

    await expect(find("r.io", undefined)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "Cannot get credentials for r.io: docker-credential-absent is not installed",
      hint: expect.stringContaining("Install docker-credential-absent"),
    });
    await expect(find(ecr, undefined)).rejects.toMatchObject({
      hint: expect.stringMatching(/^Install docker-credential-ecr-login/),
    });
  });

  test("that is no program, or is in the current directory, is not run", async () => {
    const { directory: bin } = await writeCredentialHelper(directory, "plain", answerWith("ada", SECRET));
    await chmod(join(bin, "docker-credential-plain"), 0o644);
    await mkdir(join(bin, "docker-credential-folder"));
    const find = await open({ credHelpers: { "a.io": "plain", "b.io": "folder" } });

    await expect(find("a.io", undefined)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(find("b.io", undefined)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("a file with helpers", () => {
  test("asks the registry's own helper before its entries, and the store last", async () => {
    await writeCredentialHelper(
      directory,
      "own",
      `if (server !== "a.io") { ${NOT_FOUND} } ${answerWith("own", "x")}`,
    );
    await writeCredentialHelper(directory, "store", answerWith("store", "x"));
    const auth = Buffer.from("entry:x").toString("base64");
    const auths = { "a.io": { auth }, "b.io": { auth }, "c.io": {}, "d.io/team": { auth } };
    const find = await open({ credHelpers: { "a.io": "own", "b.io": "own" }, credsStore: "store", auths });

    const found = await Promise.all(
      ["a.io", "b.io", "c.io", "d.io", "e.io"].map(async (registry) => await find(registry, "app")),
    );

    expect(found.map((one) => one?.kind === "password" && one.username)).toEqual([
      "own",
      "entry",
      "store",
      "store",
      "store",
    ]);
  });

  test("goes on without a store that is not there, with one warning, unless docker has put something into it", async () => {
    const find = await open({ credsStore: "absent", auths: { "in.io": {} } });

    expect(await find("a.io", undefined)).toBeUndefined();
    expect(await find("b.io", undefined)).toBeUndefined();
    expect(events).toMatchObject([{ kind: "warning", code: "CREDENTIAL_HELPER_FAILED" }]);
    await expect(find("in.io", undefined)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });

  test("asks a helper that nothing names only if it is told to", async () => {
    await writeCredentialHelper(directory, "ecr-login", answerWith("AWS", SECRET));
    const find = await open({});

    expect(await find("r.io", undefined)).toBeUndefined();
    expect(await find("r.io", undefined, { helper: "ecr-login" })).toMatchObject({ username: "AWS" });
  });
});
