import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BundleRun, type RunOptions, type StartedRun, startBundle } from "./run-bundle.ts";
import { formatSelection, type TestSelection } from "./selection.ts";

/** Stripped sources are kept between runs: it halves the time that one takes to begin. */
const COMPILE_CACHE = fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));

/** A directory to run `bundle` in, with a home and a cache of its own. */
export interface Site {
  readonly directory: string;
  /** Where runs keep what they fetched. */
  readonly cacheDirectory: string;
  path(name: string): string;
  /** Writes a selection to this file. */
  select(name: string, selection: TestSelection): Promise<void>;
  start(args: readonly string[], options?: SiteRunOptions): StartedRun;
  run(args: readonly string[], options?: SiteRunOptions): Promise<BundleRun>;
  close(): Promise<void>;
}

/** What one run has beyond the others. */
export type SiteRunOptions = Partial<Omit<RunOptions, "cwd">>;

/** Makes a site. Nothing of the machine's own credentials and caches is seen in it. */
export async function openSite(): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), "bundle-test-"));
  const path = (name: string): string => join(directory, name);
  const env = {
    ...inherited("PATH", "SystemRoot", "TEMP", "TMPDIR"),
    HOME: directory,
    USERPROFILE: directory,
    XDG_CACHE_HOME: path("cache"),
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  };
  const start = (args: readonly string[], options: SiteRunOptions = {}): StartedRun =>
    startBundle(args, {
      ...options,
      cwd: directory,
      env: { ...env, ...options.env },
    });
  return {
    directory,
    cacheDirectory: path(join("cache", "bundle")),
    path,
    select: async (name, selection) => await writeFile(path(name), formatSelection(selection)),
    start,
    run: async (args, options) => await start(args, options).finished,
    close: async () => await rm(directory, { recursive: true, force: true }),
  };
}

function inherited(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
