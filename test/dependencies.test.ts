import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const PACKAGES = new URL("../packages/", import.meta.url).pathname;

/** What each package may use of the others. export and import never see each other. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  registry: ["core"],
  cli: ["core"],
  export: ["cli", "core", "registry"],
  import: ["cli", "core", "registry"],
  bundle: ["cli", "core", "export", "import"],
};

/** Third-party packages that are one file's business. */
const ONE_FILE: readonly string[] = ["cli-progress", "re2js", "semver", "yaml"];

/**
 * core knows no network, no terminal and no clock; the file system only where bundles, stores and the cache are. A lock
 * names its process.
 */
const FORBIDDEN_IN_CORE = /\b(?:console\.\w+|process\.(?!pid\b|kill\b)\w+|Date\.now|Math\.random)\b/;
const FILE_SYSTEM_FOLDERS = /^(?:bundle|store)\//;

function listSources(name: string): readonly string[] {
  const root = join(PACKAGES, name, "src");
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(root, file));
}

function listImports(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name);
}

test("there are no packages that this test does not know", () => {
  expect(readdirSync(PACKAGES).sort()).toEqual(Object.keys(ALLOWED).sort());
});

test.each(Object.entries(ALLOWED))("%s uses no other packages than allowed", (name, allowed) => {
  const used = listSources(name)
    .flatMap(listImports)
    .filter((specifier) => specifier.startsWith("@airgap-bundle/"))
    .map((specifier) => specifier.split("/")[1] ?? "");

  expect([...new Set(used)].filter((other) => !allowed.includes(other))).toEqual([]);
});

test.each(Object.keys(ALLOWED))("%s reaches no file of another package by its path", (name) => {
  const outside = listSources(name)
    .flatMap(listImports)
    .filter((specifier) => /^(?:\.\.\/)+(?:core|registry|cli|export|import|bundle)\/src/.test(specifier));

  expect(outside).toEqual([]);
});

test.each(ONE_FILE)("%s is used by one file", (dependency) => {
  const users = Object.keys(ALLOWED)
    .flatMap(listSources)
    .filter((file) =>
      listImports(file).some((name) => name === dependency || name.startsWith(`${dependency}/`)),
    );

  expect(users).toHaveLength(1);
});

test("core uses neither network nor terminal nor clock", () => {
  const sources = listSources("core");
  const imports = sources.flatMap(listImports);

  expect(
    imports.filter((name) => /^(?:undici|@oclif|node:(?:http|https|net|tls|process))/.test(name)),
  ).toEqual([]);
  expect(sources.filter((file) => FORBIDDEN_IN_CORE.test(stripComments(readFileSync(file, "utf8"))))).toEqual(
    [],
  );
});

test("core touches the file system only in the bundle format and the stores", () => {
  const root = join(PACKAGES, "core", "src");
  const users = listSources("core").filter((file) =>
    listImports(file).some((name) => name.startsWith("node:fs")),
  );

  expect(
    users.map((file) => file.slice(root.length + 1)).filter((file) => !FILE_SYSTEM_FOLDERS.test(file)),
  ).toEqual([]);
});

function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
