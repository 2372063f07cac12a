import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { peerFile } from "./peers.ts";
import { runPeer } from "./run-peer.ts";

/** How docker-registry is to run. */
export interface DockerRegistryOptions {
  /** Its only user. @default everybody may do everything */
  readonly user?: { readonly username: string; readonly password: string };
  /** Paths of PEM files; with them it is https. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** Does it take no pushes, as during maintenance? @default false */
  readonly isReadOnly?: boolean;
  /** May content be deleted? @default false, as its own default is */
  readonly canDelete?: boolean;
  /** Regular expressions of the URLs at which layers may lie that it does not hold. @default none may */
  readonly allowedUrls?: readonly string[];
  /** Directory of its content, which is left as it is at the end. @default one of its own, gone with it */
  readonly storage?: string;
  /** A network namespace of this machine, and the address there. @default this one's, and 127.0.0.1 */
  readonly network?: { readonly namespace: string; readonly address: string };
  /** Called for each request, with a line in Apache's combined format. @default nobody is told */
  readonly onAccess?: (line: string) => void;
}

/** A docker-registry that runs. */
export interface DockerRegistry {
  /** `ADDRESS:PORT` */
  readonly host: string;
  /** Where it keeps its repositories. */
  readonly repositories: string;
  /** Ends it and removes what it holds. */
  close(): Promise<void>;
}

/** Starts docker-registry on a free port of loopback, by default empty. Resolves when it can be reached. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const directory = await mkdtemp(join(tmpdir(), "docker-registry-"));
  const config = join(directory, "config.yml");
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await configure(directory, options)));
  const { network, onAccess } = options;
  const command = [peerFile("docker-registry"), "serve", config];
  // `ip` becomes the program that it starts.
  const [file = "", ...args] =
    network === undefined ? command : ["ip", "netns", "exec", network.namespace, ...command];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  // Read even if nobody wants it, or it would wait for its log to be read.
  createInterface(child.stdout).on("line", (line) => onAccess?.(line));
  const kill = (): boolean => child.kill();
  process.once("exit", kill);
  return {
    host: await waitForHost(child),
    repositories: join(storageOf(directory, options), "docker", "registry", "v2", "repositories"),
    async close() {
      process.off("exit", kill);
      const exited = once(child, "exit");
      kill();
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

function storageOf(directory: string, { storage }: DockerRegistryOptions): string {
  return storage ?? join(directory, "storage");
}

/** {@link https://distribution.github.io/distribution/about/configuration/} */
async function configure(directory: string, options: DockerRegistryOptions): Promise<object> {
  const { user, tls, canDelete = false, isReadOnly = false, allowedUrls, network, onAccess } = options;
  const storage = storageOf(directory, options);
  const users = join(directory, "htpasswd");
  if (user !== undefined) {
    await writeFile(users, await runPeer("htpasswd", ["-Bbn", user.username, user.password]));
  }
  return {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: onAccess === undefined } },
    storage: {
      filesystem: { rootdirectory: storage },
      delete: { enabled: canDelete },
      maintenance: { readonly: { enabled: isReadOnly } },
    },
    http: {
      addr: `${network?.address ?? "127.0.0.1"}:0`,
      ...(tls === undefined ? {} : { tls: { key: tls.key, certificate: tls.certificate } }),
    },
    ...(allowedUrls === undefined ? {} : { validation: { manifests: { urls: { allow: allowedUrls } } } }),
    ...(user === undefined ? {} : { auth: { htpasswd: { realm: "test", path: users } } }),
  };
}

/** Its log names the port that the system chose. Reading goes on afterwards, or it would wait for its log to be read. */
async function waitForHost(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const log: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    const [, host] = /listening on ([0-9.]+:[0-9]+)/.exec(line) ?? [];
    if (host === undefined) log.push(line);
    else resolve(host);
  });
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`Cannot start docker-registry: ${log.join("\n")}`)));
  return await promise;
}
