import type { Auth, Credentials } from "./selection.ts";

const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
/** `{Token}`, `{{ token }}`, `<token>`: what a guide leaves to be filled in. */
const PLACEHOLDER = /^(?:\{[^{}"]*\}|\{\{[^{}"]*\}\}|<[^<>]*>)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What an `auth` says, or why it cannot be used. The content never goes into a message. */
export type ParsedAuth =
  | { readonly kind: "auth"; readonly auth?: Auth }
  /** Good base64 without credentials in it, which dregsy takes for "none". */
  | { readonly kind: "empty" }
  | { readonly kind: "malformed" }
  | { readonly kind: "placeholder" }
  | { readonly kind: "unset"; readonly variable: string }
  | { readonly kind: "malformedVariable"; readonly variable: string };

/**
 * Reads an `auth`: base64 of `{"username": …, "password": …}` or of `USER:PASSWORD`, `none`, `${VARIABLE}` with one of
 * these in the variable; nothing at all means "look elsewhere".
 */
export function parseAuth(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedAuth {
  const [, variable] = VARIABLE.exec(text.trim()) ?? [];
  if (variable === undefined) return parseValue(text);
  const value = Object.hasOwn(environment, variable) ? environment[variable]?.trim() : undefined;
  if (value === undefined || value === "") return { kind: "unset", variable };
  const parsed = parseValue(value);
  if (parsed.kind !== "auth") return { kind: "malformedVariable", variable };
  if (parsed.auth?.kind !== "inline") return parsed;
  return { kind: "auth", auth: { kind: "environment", variable, credentials: parsed.auth.credentials } };
}

function parseValue(text: string): ParsedAuth {
  if (text === "") return { kind: "auth" };
  if (text === "none") return { kind: "auth", auth: { kind: "none" } };
  // base64 without -w0 wraps its output; YAML may have made blanks of the line ends.
  const compact = text.replace(/\s+/g, "");
  if (PLACEHOLDER.test(compact)) return { kind: "placeholder" };
  if (compact === "" || !BASE64.test(compact)) return { kind: "malformed" };
  const credentials = decodeCredentials(compact);
  return credentials === undefined
    ? { kind: "empty" }
    : { kind: "auth", auth: { kind: "inline", credentials } };
}

function decodeCredentials(base64: string): Credentials | undefined {
  const text = Buffer.from(base64, "base64").toString("utf8");
  // Bytes that are no text are no credentials either.
  if (text.includes("\uFFFD")) return undefined;
  if (text.trimStart().startsWith("{")) return fromJson(text);
  // `echo user:password | base64` has a line end that nobody meant.
  const pair = text.replace(/\r?\n$/, "");
  const colon = pair.indexOf(":");
  return colon <= 0 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** Keys in any case, as dregsy reads them. */
function fromJson(text: string): Credentials | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // No JSON, no credentials: the caller says so, without the text.
    return undefined;
  }
  if (typeof document !== "object" || document === null) return undefined;
  const entries: [key: string, value: unknown][] = Object.entries(document);
  const values = new Map(entries.map(([key, value]) => [key.toLowerCase(), value]));
  const username = values.get("username");
  const password = values.get("password") ?? "";
  if (typeof username !== "string" || username === "" || typeof password !== "string") return undefined;
  return { username, password };
}
