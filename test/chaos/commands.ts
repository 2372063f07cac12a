import { writeFile } from "node:fs/promises";
import { isBundleError } from "@airgap-bundle/core";
import * as exported from "../../packages/export/src/export-document.ts";
import { runExport } from "../../packages/export/src/run-export.ts";
import * as imported from "../../packages/import/src/import-document.ts";
import { runImport } from "../../packages/import/src/run-import.ts";
import type { Site } from "../support/site.ts";

/** Stops a run before its end. Gives what it did to it; undefined if the run had ended by itself. */
export type StopRun = (how: "SIGINT" | "SIGKILL") => string | undefined;

/** Whether all was done; else with what it ended. */
export type RunOutcome = "done" | (string & {});

/** Export and import of one site, each to be run until it is done. */
export interface Commands {
  export(onStart: (stop: StopRun) => void): Promise<RunOutcome>;
  import(target: string, onStart: (stop: StopRun) => void): Promise<RunOutcome>;
}

const SELECTION = "selection.yaml";
const BUNDLE = "out.tar";

/** The real executable, in a process of its own. */
export function commandsOfExecutable(site: Site): Commands {
  const run = async (args: readonly string[], onStart: (stop: StopRun) => void): Promise<RunOutcome> => {
    const { child, finished } = site.start(args);
    onStart((how) => (child.kill(how) ? how : undefined));
    const { exitCode, stderr } = await finished;
    return exitCode === 0 ? "done" : `exit ${exitCode}: ${stderr}`;
  };
  return {
    export: async (onStart) =>
      await run(["export", "-c", SELECTION, "-o", BUNDLE, "--platform", "all"], onStart),
    import: async (target, onStart) => await run(["import", BUNDLE, "--to", target], onStart),
  };
}

/** The same functions as the executable's, in this process: much faster. Signals cannot be had here: a run is aborted. */
export async function commandsInProcess(site: Site): Promise<Commands> {
  const authFile = site.path("auth.json");
  await writeFile(authFile, "{}");
  const run = async (
    work: (shared: Parameters<typeof runExport>[2]) => Promise<readonly string[]>,
    onStart: (stop: StopRun) => void,
  ): Promise<RunOutcome> => {
    const controller = new AbortController();
    let isRunning = true;
    onStart(() => {
      if (!isRunning) return undefined;
      controller.abort(new Error("stopped"));
      return "aborted in the process";
    });
    const { signal } = controller;
    try {
      const codes = await work({
        ...{ signal, jobs: 6, cacheDir: site.cacheDirectory, authFile, insecureHosts: [], isVerbose: false },
        ...{ userAgent: "chaos", onEvent: () => {}, report: () => {} },
      });
      return codes.length === 0 ? "done" : codes.join(", ");
    } catch (error) {
      // What has no code is a bug, unless the run was stopped.
      if (!isBundleError(error) && !signal.aborted) throw error;
      return String(error);
    } finally {
      isRunning = false;
    }
  };
  return {
    export: async (onStart) =>
      await run(async (shared) => {
        const flags = { platform: ["all"], referrers: true, force: false, "fail-fast": false };
        const work = { ...flags, output: site.path(BUNDLE), createdBy: "chaos" };
        return exported.failureCodes(await runExport(site.path(SELECTION), work, shared));
      }, onStart),
    import: async (target, onStart) =>
      await run(async (shared) => {
        const flags = {
          to: target,
          "dry-run": false,
          "verify-first": false,
          "on-existing-tag": "overwrite",
        } as const;
        return imported.failureCodes(await runImport([site.path(BUNDLE)], flags, shared));
      }, onStart),
  };
}
