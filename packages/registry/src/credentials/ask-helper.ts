import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { BundleError } from "@airgap-bundle/core";
import * as z from "zod";
import type { Credentials } from "./credentials.ts";
import { loginHint } from "./login-hint.ts";
import { type Machine, readVariable } from "./machine.ts";

/** Helpers of clouds ask a server; nobody waits longer for a password. */
const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_SIZE = 1024 * 1024;

/** A name, never a path or something with an option in it. */
const NAME = /^[A-Za-z0-9._-]+$/;

/** Docker Hub's name in credential stores. */
const DOCKER_HUB_URL = "https://index.docker.io/v1/";

/** What helpers print where they have nothing, beside a status that is not 0. */
const NOT_FOUND = "credentials not found in native keychain";

/** The user of what is no password but an identity token. */
const TOKEN_USER = "<token>";

/** How a helper is run. */
export interface AskHelperOptions {
  readonly machine: Machine;
  /** @default 30 seconds */
  readonly timeoutMs?: number;
}

const Answer = z.object({ Username: z.string(), Secret: z.string() });

/**
 * Asks a docker credential helper for a registry; undefined if it has nothing for it. No shell is involved, and what the
 * helper prints is never shown: {@link https://github.com/docker/docker-credential-helpers#development}.
 *
 * @throws `UNAUTHORIZED` if the name is malformed, the program is not on the PATH, fails, takes too long or
 * answers in another form
 */
export async function askHelper(
  helper: string,
  registry: string,
  options: AskHelperOptions,
): Promise<Credentials | undefined> {
  const { machine, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  if (!NAME.test(helper)) {
    throw failed(registry, `${JSON.stringify(helper)} is not the name of a credential helper`, {
      hint: "Correct credHelpers or credsStore: the name is what follows docker-credential-",
    });
  }
  const program = `docker-credential-${helper}`;
  const path = await findProgram(program, machine);
  if (path === undefined)
    throw failed(registry, `${program} is not installed`, { hint: missingHint(program, registry) });
  const output = await run(path, { program, registry, machine, timeoutMs });
  return output === undefined ? undefined : readAnswer(output, { program, registry });
}

/** The registry's own advice names the program too where it is the right one. */
function missingHint(program: string, registry: string): string {
  const advice = loginHint(registry);
  return advice.includes(program)
    ? advice
    : `Install ${program}, or remove it from the docker configuration and ${advice.replace(/^L/, "l")}`;
}

/** The current directory is no place for programs, whatever PATH says. */
async function findProgram(program: string, machine: Machine): Promise<string | undefined> {
  const file = machine.platform === "win32" ? `${program}.exe` : program;
  const directories = (readVariable(machine, "PATH") ?? "").split(delimiter).filter(isAbsolute);
  for (const directory of directories) {
    const path = join(directory, file);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or nothing that can be run: the next directory may have it.
    return false;
  }
}

interface Asked {
  readonly program: string;
  readonly registry: string;
}

async function run(
  path: string,
  { program, registry, machine, timeoutMs }: Asked & Required<AskHelperOptions>,
): Promise<string | undefined> {
  const options = {
    env: machine.environment,
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: MAX_OUTPUT_SIZE,
    windowsHide: true,
  } as const;
  return await new Promise((resolve, reject) => {
    const child = execFile(path, ["get"], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else if (stdout.trim() === NOT_FOUND) resolve(undefined);
      // The error itself is not kept: its message holds what the helper printed.
      else
        reject(
          failed(registry, `${program} ${describeExit(error, timeoutMs)}`, {
            hint: tryHint(program, registry),
          }),
        );
    });
    // A helper that reads nothing closes the pipe; what it answers counts.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(`${serverOf(registry)}\n`);
  });
}

function describeExit(
  error: { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown },
  timeoutMs: number,
): string {
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return `prints more than ${MAX_OUTPUT_SIZE} bytes`;
  if (error.killed === true) return `takes longer than ${timeoutMs / 1000} seconds`;
  if (typeof error.signal === "string") return `is killed by ${error.signal}`;
  return typeof error.code === "number" ? `ends with status ${error.code}` : `cannot be run (${error.code})`;
}

function readAnswer(output: string, { program, registry }: Asked): Credentials | undefined {
  const answer = Answer.safeParse(parseJson(output));
  if (!answer.success) {
    throw failed(registry, `the answer of ${program} is not what a credential helper says`, {
      hint: tryHint(program, registry),
    });
  }
  const { Username: username, Secret: secret } = answer.data;
  const origin = program;
  if (secret === "") return undefined;
  if (username === TOKEN_USER) return { kind: "identityToken", token: secret, origin };
  return username === "" ? undefined : { kind: "password", username, password: secret, origin };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says so; the parser's message would quote a secret.
    return undefined;
  }
}

function serverOf(registry: string): string {
  return registry === "docker.io" ? DOCKER_HUB_URL : registry;
}

function tryHint(program: string, registry: string): string {
  return `Log in with the program that ${program} belongs to; echo ${serverOf(registry)} | ${program} get shows what it says`;
}

function failed(registry: string, reason: string, options: { readonly hint: string }): BundleError {
  return new BundleError("UNAUTHORIZED", `Cannot get credentials for ${registry}: ${reason}`, options);
}
