import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { BundleError, normalizeRegistry } from "@airgap-bundle/core";
import { z } from "zod";
import type { Credentials } from "./credentials.ts";

/** docker's `config.json`, as far as it is read: {@link https://docs.docker.com/reference/cli/docker/login/}. */
const AuthFile = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().exactOptional(),
        username: z.string().exactOptional(),
        password: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
});

/** Where credentials may be found. */
export interface AuthFileOptions {
  /** Must exist. @default docker's own, which may be absent */
  readonly path?: string | undefined;
  /** For `DOCKER_CONFIG`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Credentials by registry, as `docker login` leaves them. */
export type FindCredentials = (registry: string) => Credentials | undefined;

/**
 * Reads docker's credentials. A registry's are found by its exact host and port only.
 *
 * @throws `USAGE` if a named file cannot be read, or a file is not in docker's form. Never tells its content
 */
export async function readAuthFile(options: AuthFileOptions): Promise<FindCredentials> {
  const { path = defaultPath(options.environment) } = options;
  const text = await readText(path, options.path === undefined);
  const byRegistry = new Map<string, Credentials>();
  for (const [key, entry] of Object.entries(
    text === undefined ? {} : (parseAuthFile(text, path).auths ?? {}),
  )) {
    const credentials = readEntry(entry);
    const registry = registryOf(key);
    if (credentials !== undefined && registry !== undefined) byRegistry.set(registry, credentials);
  }
  return (registry) => byRegistry.get(normalizeRegistry(registry));
}

function defaultPath(environment: AuthFileOptions["environment"]): string {
  return join(environment["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
}

async function readText(path: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (mayBeAbsent && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    const reason = code === "ENOENT" ? "there is no such file" : code;
    throw new BundleError("USAGE", `Cannot read the credentials in ${path}: ${reason}`, { cause });
  }
}

/** The parser's own message would quote the file. */
function parseAuthFile(text: string, path: string): z.infer<typeof AuthFile> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new BundleError("USAGE", `Cannot read the credentials in ${path}: it is not JSON`);
  }
  const result = AuthFile.safeParse(document);
  if (result.success) return result.data;
  throw new BundleError("USAGE", `Cannot read the credentials in ${path}: it is not a docker config.json`);
}

function readEntry(entry: { auth?: string; username?: string; password?: string }): Credentials | undefined {
  const { auth, username, password } = entry;
  if (username !== undefined && password !== undefined) return { username, password };
  const decoded = Buffer.from(auth ?? "", "base64")
    .toString("utf8")
    .replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  return colon < 1 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/**
 * The registry of a key, which may be a URL as Docker Hub's `https://index.docker.io/v1/`. Podman's keys with a path are
 * meant for a part of a registry: they must not be used for all of it.
 */
function registryOf(key: string): string | undefined {
  const match = /^(?:https?:\/\/)?([^/]+)(?:\/(?:v[12]\/?)?)?$/.exec(key);
  return match?.[1] === undefined ? undefined : normalizeRegistry(match[1]);
}
