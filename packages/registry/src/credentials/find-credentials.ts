import { type EventSink, normalizeRegistry } from "@airgap-bundle/core";
import { listCredentialPaths } from "./credential-paths.ts";
import type { Credentials, FindCredentials } from "./credentials.ts";
import { createHelpers, type Helpers } from "./helpers.ts";
import { type Machine, readVariable } from "./machine.ts";
import { type CredentialFile, parseCredentials } from "./parse-credentials.ts";
import { readCredentialFile } from "./read-credential-file.ts";

/** Where credentials are looked for. */
export interface CredentialOptions {
  readonly machine: Machine;
  /** Must exist; nothing else is looked at then. */
  readonly authFile?: string | undefined;
  /** Told of what is passed over or exposed. */
  readonly onEvent?: EventSink | undefined;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/**
 * Reads what docker and podman know of credentials: the file that is named, else `DOCKER_AUTH_CONFIG` and the files of
 * both; the first that has something for a registry counts. Only exact hosts match; a key with a path is for what is below
 * it. Helpers are asked when a registry wants credentials.
 *
 * @throws `USAGE` if a named file cannot be read, or one is not in docker's form. Never tells its content
 */
export async function openCredentials(options: CredentialOptions): Promise<FindCredentials> {
  const { machine, onEvent, now } = options;
  const files = await readAll(options);
  const helpers = createHelpers({ machine, onEvent, now });
  const warned = new Set<string>();

  const warnOnce = (message: string): void => {
    if (!warned.has(message)) onEvent?.({ kind: "warning", code: "AUTH_ENTRY_MALFORMED", message });
    warned.add(message);
  };

  return async (name, repository, { refused, helper } = {}) => {
    const registry = normalizeRegistry(name);
    for (const file of files) {
      const found = await findIn(file, { registry, repository, refused, helpers, warnOnce });
      if (found !== undefined) return found;
    }
    return helper === undefined
      ? undefined
      : await helpers.get(helper, registry, { isNeeded: true, refused });
  };
}

/** `DOCKER_AUTH_CONFIG` stands before the files of both, as docker has it, and behind a file that is named. */
async function readAll(options: CredentialOptions): Promise<readonly CredentialFile[]> {
  const { machine, authFile, onEvent } = options;
  const paths = listCredentialPaths(machine, authFile);
  const files: CredentialFile[] = [];
  const text = readVariable(machine, "DOCKER_AUTH_CONFIG");
  if (text !== undefined && paths.every(({ isRequired }) => !isRequired)) {
    const name = "DOCKER_AUTH_CONFIG";
    files.push(parseCredentials(text, { name, origin: `$${name}` }));
  }
  for (const path of paths) {
    const file = await readCredentialFile(path, { platform: machine.platform, onEvent });
    if (file !== undefined) files.push(file);
  }
  return files;
}

interface LookUp {
  readonly registry: string;
  readonly repository: string | undefined;
  readonly refused: Credentials | undefined;
  readonly helpers: Helpers;
  readonly warnOnce: (message: string) => void;
}

async function findIn(file: CredentialFile, lookUp: LookUp): Promise<Credentials | undefined> {
  const { registry, repository, refused, helpers, warnOnce } = lookUp;
  const helper = file.helpers.get(registry);
  if (helper !== undefined) {
    const found = await helpers.get(helper, registry, { isNeeded: true, refused });
    if (found !== undefined) return found;
  }
  let isStored = false;
  for (const key of listKeys(registry, repository)) {
    const entry = file.entries.get(key);
    if (entry?.kind === "found") return entry.credentials;
    isStored ||= entry?.kind === "stored";
    if (entry?.kind === "malformed")
      warnOnce(`The entry ${JSON.stringify(key)} of ${file.name} holds no credentials; it is passed over`);
  }
  if (file.store === undefined) return undefined;
  return await helpers.get(file.store, registry, { isNeeded: isStored, refused });
}

/** The keys for a repository, the most specific first: `r.io/team/app`, `r.io/team`, `r.io`. */
function listKeys(registry: string, repository: string | undefined): readonly string[] {
  const parts = repository === undefined ? [] : repository.split("/");
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join("/")}`);
  return [...paths, registry];
}
