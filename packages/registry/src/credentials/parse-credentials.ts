import { BundleError, isRepository, normalizeRegistry } from "@airgap-bundle/core";
import * as z from "zod";
import type { Credentials } from "./credentials.ts";

/** docker's `config.json`, as far as it is read: {@link https://docs.docker.com/reference/cli/docker/login/}. */
const ConfigDocument = z.object({
  auths: z.record(z.string(), z.unknown()).nullish(),
  credsStore: z.string().nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
});

const EntryDocument = z.object({
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});

/** What may stand in a header; anything else in a token would make the request fail, with the token in the message. */
export const HEADER_TEXT: RegExp = /^[\x21-\x7e]+$/;

/** What stands under one key of `auths`. */
export type AuthEntry =
  | { readonly kind: "found"; readonly credentials: Credentials }
  /** `{}`: the credential store has them. */
  | { readonly kind: "stored" }
  | { readonly kind: "malformed" };

/** Credentials in docker's form. */
export interface CredentialFile {
  /** Its name in messages. */
  readonly name: string;
  /** By `REGISTRY` or `REGISTRY/PATH`. */
  readonly entries: ReadonlyMap<string, AuthEntry>;
  /** Names of credential helpers by registry. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for everything else. */
  readonly store?: string;
}

/** How a text with credentials is to be read. */
export interface ParseCredentialsOptions {
  /** What the text is called in messages. */
  readonly name: string;
  /** What its credentials are said to come from. */
  readonly origin: string;
  /** Entries without `auths` around them. @default false */
  readonly isLegacy?: boolean;
}

/** Reads a `config.json` or `auth.json`. @throws `USAGE` if it has another form. Never tells its content */
export function parseCredentials(text: string, options: ParseCredentialsOptions): CredentialFile {
  const { name, origin, isLegacy = false } = options;
  const json = parseJson(text, name);
  const result = ConfigDocument.safeParse(isLegacy ? { auths: json } : json);
  if (!result.success) throw unreadableError(name, "it is not a docker config.json");
  const { auths, credsStore, credHelpers } = result.data;
  const entries = new Map<string, AuthEntry>();
  for (const [key, value] of Object.entries(auths ?? {})) {
    const known = normalizeKey(key);
    const entry = readEntry(value, origin);
    // Docker Hub may be there under several names: one that cannot be read must not hide another.
    if (known !== undefined && entries.get(known)?.kind !== "found") entries.set(known, entry);
  }
  const helpers = new Map<string, string>();
  for (const [key, helper] of Object.entries(credHelpers ?? {})) {
    const known = normalizeKey(key);
    if (known !== undefined && helper !== "") helpers.set(known, helper);
  }
  const hasStore = credsStore !== undefined && credsStore !== null && credsStore !== "";
  return { name, entries, helpers, ...(hasStore ? { store: credsStore } : {}) };
}

/** A file of credentials that cannot be used. */
export function unreadableError(name: string, reason: string, cause?: unknown): BundleError {
  return new BundleError("USAGE", `Cannot read the credentials in ${name}: ${reason}`, {
    cause,
    hint: "Name a config.json or auth.json, as docker login and podman login write them, with --authfile or REGISTRY_AUTH_FILE",
  });
}

/** The parser's own message would quote the text. */
function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadableError(name, "it is not JSON");
  }
}

/**
 * The registry, or registry and path, that a key stands for. Docker's may be URLs, as Docker Hub's
 * `https://index.docker.io/v1/`; podman's may name a part of a registry, for which alone they are meant.
 */
function normalizeKey(key: string): string | undefined {
  const [, scheme, host = "", path = ""] = /^(https?:\/\/)?([^/]+)(?:\/(.*))?$/.exec(key) ?? [];
  if (host === "") return undefined;
  const registry = normalizeRegistry(host);
  if (path === "" || /^v[12]\/?$/.test(path)) return registry;
  return scheme === undefined && isRepository(path) ? `${registry}/${path}` : undefined;
}

function readEntry(value: unknown, origin: string): AuthEntry {
  const result = EntryDocument.safeParse(value);
  if (!result.success) return { kind: "malformed" };
  const { auth, identitytoken, registrytoken, ...plain } = result.data;
  const pair = isFilled(auth) ? decodePair(auth) : readPlain(plain);
  const token = isFilled(registrytoken) ? registrytoken : identitytoken;
  if (isFilled(token)) {
    if (!HEADER_TEXT.test(token)) return { kind: "malformed" };
    if (isFilled(registrytoken)) return found({ kind: "registryToken", token, origin });
    const username = pair?.username ?? "";
    return found({ kind: "identityToken", token, origin, ...(username === "" ? {} : { username }) });
  }
  if (pair !== undefined) return found({ kind: "password", ...pair, origin });
  return { kind: isFilled(auth) || isFilled(plain.password) ? "malformed" : "stored" };
}

interface Pair {
  readonly username: string;
  readonly password: string;
}

interface PlainEntry {
  readonly username?: string | null | undefined;
  readonly password?: string | null | undefined;
}

/** Old versions of docker filled the end with zeros; a password may hold colons. */
function decodePair(auth: string): Pair | undefined {
  const text = Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = text.indexOf(":");
  if (colon < 1 || text.includes("\uFFFD")) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function readPlain({ username, password }: PlainEntry): Pair | undefined {
  return isFilled(username) && isFilled(password) ? { username, password } : undefined;
}

function found(credentials: Credentials): AuthEntry {
  return { kind: "found", credentials };
}

function isFilled(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== "";
}
