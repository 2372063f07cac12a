import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("../packages/bundle", import.meta.url));
const SELECTION = fileURLToPath(new URL("../examples/annotated.yaml", import.meta.url));

const run = promisify(execFile);

test("the package is complete without node_modules: what is carried to the closed side runs there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "built-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  await run(process.execPath, [join(PACKAGE, "build.js"), join(directory, "dist")]);
  for (const part of ["bin", "package.json"])
    await cp(join(PACKAGE, part), join(directory, part), { recursive: true });
  const bundle = async (...args: string[]): Promise<string> => {
    const env = { HOME: directory };
    const { stdout } = await run(process.execPath, [join(directory, "bin/run.js"), ...args], { env });
    return stdout;
  };

  expect(await bundle("--version")).toMatch(/^bundle \d/);
  expect(await readFile(join(directory, "dist/THIRD-PARTY-NOTICES.txt"), "utf8")).toMatch(
    /^undici \d[\s\S]*Permission is hereby granted/m,
  );
  expect(await bundle("config", "-c", SELECTION)).toContain("cache/redis");
  // What plans and moves is loaded here too; there is no such bundle.
  await expect(bundle("import", "absent.tar", "--to", "registry.example.com")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Cannot open absent.tar: there is no such file"),
  });
  await expect(bundle("export", "-c", "absent.yaml", "-o", "out.tar")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("absent.yaml"),
  });
});
