import { join } from "node:path";
import { type Machine, readVariable } from "./machine.ts";

/** A file in which credentials may be. */
export interface CredentialPath {
  readonly path: string;
  /** Its name for everybody, without directories of this machine. */
  readonly origin: string;
  /** It was named, so it must be there. */
  readonly isRequired: boolean;
  /** Docker's oldest form, without `auths` around the entries. */
  readonly isLegacy: boolean;
}

/**
 * The files in which credentials are looked for, in this order: the one that is named, and then no other; else those of
 * podman and docker: {@link https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md}.
 */
export function listCredentialPaths(
  machine: Machine,
  authFile: string | undefined,
): readonly CredentialPath[] {
  const fromVariable = readVariable(machine, "REGISTRY_AUTH_FILE");
  if (authFile !== undefined) return [named(authFile, "--authfile")];
  if (fromVariable !== undefined) return [named(fromVariable, "$REGISTRY_AUTH_FILE")];
  const { homeDirectory: home } = machine;
  const configHome = readVariable(machine, "XDG_CONFIG_HOME");
  const dockerConfig = readVariable(machine, "DOCKER_CONFIG");
  return [
    ...listRuntimePaths(machine),
    configHome === undefined
      ? byDefault(join(home, ".config", "containers", "auth.json"), "~/.config/containers/auth.json")
      : byDefault(join(configHome, "containers", "auth.json"), "$XDG_CONFIG_HOME/containers/auth.json"),
    dockerConfig === undefined
      ? byDefault(join(home, ".docker", "config.json"), "~/.docker/config.json")
      : byDefault(join(dockerConfig, "config.json"), "$DOCKER_CONFIG/config.json"),
    { ...byDefault(join(home, ".dockercfg"), "~/.dockercfg"), isLegacy: true },
  ];
}

/** What `podman login` writes, which on Linux does not outlive the session. */
function listRuntimePaths(machine: Machine): readonly CredentialPath[] {
  const { platform, userId, homeDirectory } = machine;
  if (platform !== "linux")
    return [
      byDefault(join(homeDirectory, ".config", "containers", "auth.json"), "~/.config/containers/auth.json"),
    ];
  const directory = readVariable(machine, "XDG_RUNTIME_DIR");
  if (directory !== undefined)
    return [byDefault(join(directory, "containers", "auth.json"), "$XDG_RUNTIME_DIR/containers/auth.json")];
  if (userId === undefined) return [];
  return [byDefault(`/run/containers/${userId}/auth.json`, "/run/containers/$UID/auth.json")];
}

function named(path: string, origin: string): CredentialPath {
  return { path, origin, isRequired: true, isLegacy: false };
}

function byDefault(path: string, origin: string): CredentialPath {
  return { path, origin, isRequired: false, isLegacy: false };
}
