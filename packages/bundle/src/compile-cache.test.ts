import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCompileCache } from "./compile-cache.ts";

function createHome(): string {
  const home = mkdtempSync(join(tmpdir(), "bundle-compiled-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}

test("openCompileCache() makes a directory in the user's cache that nobody else can enter", () => {
  const home = createHome();

  const directory = openCompileCache({ XDG_CACHE_HOME: home });

  expect(directory).toBe(join(home, "bundle", "compiled"));
  expect(statSync(join(home, "bundle", "compiled")).mode & 0o777).toBe(0o700);
});

test("openCompileCache() takes no directory that others can write", () => {
  const home = createHome();
  const directory = join(home, "bundle", "compiled");
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);

  expect(openCompileCache({ XDG_CACHE_HOME: home })).toBeUndefined();
});

test.each(["bundle", "."])(
  "openCompileCache() takes none below a directory that others can write: %s",
  (above) => {
    const home = createHome();
    openCompileCache({ XDG_CACHE_HOME: home });
    chmodSync(join(home, above), 0o777);

    expect(openCompileCache({ XDG_CACHE_HOME: home })).toBeUndefined();

    chmodSync(join(home, above), 0o1777);
    expect(openCompileCache({ XDG_CACHE_HOME: home })).toBe(join(home, "bundle", "compiled"));
  },
);

test("openCompileCache() follows a link once, and gives the place behind it", () => {
  const home = createHome();
  mkdirSync(join(home, "disk"));
  symlinkSync(join(home, "disk"), join(home, "cache"));

  expect(openCompileCache({ XDG_CACHE_HOME: join(home, "cache") })).toBe(
    join(home, "disk", "bundle", "compiled"),
  );
});

// Only root can give a directory away.
if (process.getuid?.() === 0) {
  test("openCompileCache() takes none below another user's directory", () => {
    const home = createHome();
    chownSync(home, 65_534, 65_534);

    expect(openCompileCache({ XDG_CACHE_HOME: home })).toBeUndefined();
  });
}

test("openCompileCache() does without where there can be no directory", () => {
  const home = createHome();
  writeFileSync(join(home, "bundle"), "a file");

  expect(openCompileCache({ XDG_CACHE_HOME: home })).toBeUndefined();
});

test.skipIf(process.platform !== "linux")("openCompileCache() gives up where nothing can be made", () => {
  expect(openCompileCache({ XDG_CACHE_HOME: "/proc/missing" })).toBeUndefined();
});
