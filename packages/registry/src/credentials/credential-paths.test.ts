import { describe, expect, test } from "vitest";
import { listCredentialPaths } from "./credential-paths.ts";
import type { Machine } from "./machine.ts";

const LINUX: Machine = { environment: {}, homeDirectory: "/home/ada", platform: "linux", userId: 7 };

function pathsOf(machine: Partial<Machine>, authFile?: string): readonly string[] {
  return listCredentialPaths({ ...LINUX, ...machine }, authFile).map(({ path }) => path);
}

describe("listCredentialPaths()", () => {
  test("lists podman's files before docker's", () => {
    expect(pathsOf({})).toEqual([
      "/run/containers/7/auth.json",
      "/home/ada/.config/containers/auth.json",
      "/home/ada/.docker/config.json",
      "/home/ada/.dockercfg",
    ]);
  });

  test("follows the variables of both", () => {
    const environment = { XDG_RUNTIME_DIR: "/run/user/7", XDG_CONFIG_HOME: "/cfg", DOCKER_CONFIG: "/dk" };

    expect(pathsOf({ environment })).toEqual([
      "/run/user/7/containers/auth.json",
      "/cfg/containers/auth.json",
      "/dk/config.json",
      "/home/ada/.dockercfg",
    ]);
  });

  test("takes an empty variable for one that is not set", () => {
    const environment = { REGISTRY_AUTH_FILE: "", XDG_RUNTIME_DIR: "", DOCKER_CONFIG: "" };

    expect(pathsOf({ environment })).toEqual(pathsOf({}));
  });

  test.each(["darwin", "win32"] as const)("looks below .config on %s", (platform) => {
    expect(pathsOf({ platform, environment: { XDG_CONFIG_HOME: "/cfg" } })).toEqual([
      "/home/ada/.config/containers/auth.json",
      "/cfg/containers/auth.json",
      "/home/ada/.docker/config.json",
      "/home/ada/.dockercfg",
    ]);
  });

  test("looks nowhere else if a file is named, by the flag before the variable", () => {
    const environment = { REGISTRY_AUTH_FILE: "/named.json" };

    expect(pathsOf({ environment }, "flag.json")).toEqual(["flag.json"]);
    expect(pathsOf({ environment })).toEqual(["/named.json"]);
    expect(listCredentialPaths({ ...LINUX, environment }, undefined)).toMatchObject([
      { isRequired: true, origin: "$REGISTRY_AUTH_FILE" },
    ]);
  });

  test("calls no file by a directory of this machine", () => {
    const origins = listCredentialPaths(LINUX, undefined).map(({ origin }) => origin);

    expect(origins.filter((origin) => origin.includes("ada"))).toEqual([]);
  });
});
