import { BundleError, isRegistryHost, isRepository, normalizeRegistry } from "@airgap-bundle/core";
import type { Mirror } from "@airgap-bundle/registry";

/** Reads `--mirror REGISTRY=HOST[/PREFIX]` flags. @throws `USAGE` for another form or a registry that is there twice */
export function parseMirrors(flags: readonly string[]): ReadonlyMap<string, Mirror> {
  const mirrors = new Map<string, Mirror>();
  for (const flag of flags) {
    const { registry, mirror } = parseMirror(flag);
    if (mirrors.has(registry)) throw invalid(flag, `${registry} has a mirror already`);
    mirrors.set(registry, mirror);
  }
  return mirrors;
}

function parseMirror(flag: string): { readonly registry: string; readonly mirror: Mirror } {
  const equals = flag.indexOf("=");
  const registry = flag.slice(0, equals);
  const [host = "", ...path] = flag.slice(equals + 1).split("/");
  const prefix = path.join("/");
  if (equals < 0) throw invalid(flag, "it has no =");
  if (!isRegistryHost(registry)) throw invalid(flag, "the part before = is not a registry");
  if (!isRegistryHost(host)) throw invalid(flag, "the part behind = is not HOST[:PORT][/PREFIX]");
  if (prefix !== "" && !isRepository(prefix)) throw invalid(flag, "its prefix is not a repository path");
  return { registry: normalizeRegistry(registry), mirror: { host, prefix } };
}

function invalid(flag: string, what: string): BundleError {
  return new BundleError("USAGE", `Cannot use --mirror ${hideUser(flag)}: ${what}`, {
    hint: "Write for example --mirror docker.io=cache.example.com:5000; credentials go into a file for --authfile",
  });
}

/** Whoever writes USER:PASSWORD@HOST must not find the password in a log. */
function hideUser(flag: string): string {
  return flag.replace(/^([^=@:]*=)?.*@/s, "$1***@");
}
