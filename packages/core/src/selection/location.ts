import { maskUserInfo } from "../reference.ts";
import { parseAuth } from "./auth.ts";
import type { ReadContext } from "./context.ts";
import { type Fields, reportPlaceholder } from "./fields.ts";
import type { Auth, Lister, Location } from "./selection.ts";

const KEYS = ["registry", "auth", "skip-tls-verify", "auth-refresh", "lister", "listertype"];
const LISTER_TYPES = ["catalog", "dockerhub", "index"];

/** How the repositories of a registry are to be listed, as written; empty where the selection does not say. */
interface ReadLister {
  readonly type: string;
  readonly search: string;
}

/** A location with what only its own task looks at. */
export interface ReadLocation {
  readonly location: Location;
  readonly lister: ReadLister;
}

/** Reads `source` or `target` of a task; undefined if it is not there or is no map. */
export function readLocation(task: Fields, key: string, context: ReadContext): ReadLocation | undefined {
  const fields = task.map(key, `the ${key} of ${task.name}`, KEYS);
  if (fields === undefined) return undefined;
  const registry = readRegistry(fields, context);
  const lister = readLister(fields, context);
  const auth = readAuth(fields, context);
  const chosen = toLister(lister);
  const authRefresh = readAuthRefresh(fields, registry, context);
  const location: Location = {
    registry,
    ...(auth === undefined ? {} : { auth }),
    ...(authRefresh ? { authRefresh } : {}),
    skipTlsVerify: fields.boolean("skip-tls-verify"),
    ...(chosen === undefined ? {} : { lister: chosen }),
  };
  return { location, lister };
}

function readRegistry(fields: Fields, { reporter }: ReadContext): string {
  const text = fields.text("registry");
  const position = fields.positionOf("registry");
  const label = `registry of ${fields.name}`;
  if (/[{}<>]/.test(text)) reportPlaceholder(reporter, label, position);
  else if (fields.isEmpty("registry")) {
    reporter.problem("REGISTRY_MISSING", `Cannot use ${fields.name}: its registry is not set`, position);
  }
  const shown = JSON.stringify(maskUserInfo(text));
  if (text.includes("://")) {
    const message = `The ${label} is ${shown}, with a scheme; no image can be taken until it is HOST[:PORT] alone`;
    reporter.warning("REGISTRY_MALFORMED", message, position);
  } else if (text.endsWith("/")) {
    reporter.warning("REGISTRY_MALFORMED", `The ${label} is ${shown}, with a slash at the end`, position);
  }
  // dregsy takes the account and region of a public ECR off, too.
  return text.replace(/^.*@(public\.ecr\.aws)$/, "$1");
}

function readLister(fields: Fields, { reporter }: ReadContext): ReadLister {
  const lister = fields.map("lister", `the lister of ${fields.name}`, ["type", "search"]);
  if (lister === undefined) return { type: fields.text("listertype"), search: "" };
  const type = lister.text("type");
  const search = lister.text("search");
  if (!LISTER_TYPES.includes(type)) {
    const found = type === "" ? "it has no type" : `its type is ${JSON.stringify(type)}`;
    const message = `Cannot use ${lister.name}: ${found}, expected ${LISTER_TYPES.join(", ")}`;
    reporter.problem("LISTER_INVALID", message, lister.positionOf("type"));
  }
  return { type, search };
}

/** A type that is none is a problem already, or has no effect: `listertype` is looked at when repositories are listed. */
function toLister({ type, search }: ReadLister): Lister | undefined {
  if (type === "index") return { type, search };
  return type === "catalog" || type === "dockerhub" ? { type } : undefined;
}

function readAuth(fields: Fields, { reporter, environment }: ReadContext): Auth | undefined {
  const label = `auth of ${fields.name}`;
  const position = fields.positionOf("auth");
  const parsed = parseAuth(fields.text("auth"), environment);
  switch (parsed.kind) {
    case "auth":
      return parsed.auth;
    case "placeholder":
      reportPlaceholder(reporter, label, position);
      return undefined;
    case "malformed": {
      const forms = `base64 of {"username": …, "password": …} or of USER:PASSWORD, none, or \${VARIABLE}`;
      reporter.problem("AUTH_INVALID", `Cannot use ${label}: expected ${forms}`, position);
      return undefined;
    }
    case "empty": {
      const message = `The ${label} holds no user name and password; the registry is used without credentials`;
      reporter.warning("AUTH_WITHOUT_CREDENTIALS", message, position);
      return { kind: "none" };
    }
    case "unset": {
      const message = `The ${label} names the environment variable ${parsed.variable}, which is not set`;
      reporter.warning("VARIABLE_UNSET", message, position);
      return { kind: "environment", variable: parsed.variable };
    }
    case "malformedVariable": {
      const message = `The ${label} names the environment variable ${parsed.variable}, which holds no base64 of USER:PASSWORD`;
      reporter.warning("VARIABLE_MALFORMED", message, position);
      return { kind: "environment", variable: parsed.variable };
    }
  }
}

/** dregsy renews logins at ECR only, and refuses the key elsewhere. */
function readAuthRefresh(fields: Fields, registry: string, { reporter }: ReadContext): boolean {
  if (fields.durationMs("auth-refresh") === undefined) return false;
  if (isEcr(registry)) return true;
  if (registry === "") return false;
  const message = `Cannot use auth-refresh of ${fields.name}: ${JSON.stringify(maskUserInfo(registry))} is not an ECR registry`;
  reporter.problem("AUTH_REFRESH_INVALID", message, fields.positionOf("auth-refresh"));
  return false;
}

function isEcr(registry: string): boolean {
  return (
    registry.endsWith("public.ecr.aws") ||
    /^[^.]+\.dkr\.ecr\.[^.]+\.amazonaws\.com(?:\.cn)?(?::[0-9]+)?(?:\/.*)?$/.test(registry)
  );
}
