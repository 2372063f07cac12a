import type { Interfaces } from "@oclif/core";
import * as Flags from "@oclif/core/flags";

/**
 * Registries slow down or refuse clients with many connections, and a disk gains little from more: docker uses 3
 * downloads and 5 uploads, skopeo 6.
 */
const DEFAULT_JOBS = 6;
const MAX_JOBS = 64;

/** The flags that every command has. */
export const SHARED_FLAGS = {
  // Without a default an absent boolean flag is undefined, whatever its type says.
  json: Flags.boolean({
    summary: "Print the result as one JSON document.",
    helpGroup: "GLOBAL",
    default: false,
  }),
  quiet: Flags.boolean({
    summary: "Print no progress and no warnings.",
    helpGroup: "GLOBAL",
    default: false,
  }),
  verbose: Flags.boolean({
    summary: "Print more, among it what caused an error.",
    helpGroup: "GLOBAL",
    default: false,
    exclusive: ["quiet"],
  }),
  "cache-dir": Flags.string({
    summary:
      "Directory for what need not be fetched again. Default: $XDG_CACHE_HOME/bundle, else ~/.cache/bundle.",
    helpGroup: "GLOBAL",
    helpValue: "DIR",
  }),
  jobs: Flags.integer({
    summary: "How many transfers run at the same time.",
    helpGroup: "GLOBAL",
    helpValue: "N",
    default: DEFAULT_JOBS,
    min: 1,
    max: MAX_JOBS,
  }),
  authfile: Flags.string({
    summary:
      "Credentials, as in docker's config.json or podman's auth.json; no other file is looked at then.",
    helpGroup: "REGISTRY",
    helpValue: "FILE",
  }),
  insecure: Flags.string({
    summary: "Registry that may be reached without TLS or with an unknown certificate. Repeatable.",
    helpGroup: "REGISTRY",
    helpValue: "HOST",
    multiple: true,
    // Otherwise it would swallow the arguments that follow it.
    multipleNonGreedy: true,
  }),
};

/** The same for a command that fetches nothing: scripts may give them to every command, and help shows those that do something. */
export const PUSH_FLAGS: typeof SHARED_FLAGS = {
  ...SHARED_FLAGS,
  "cache-dir": { ...SHARED_FLAGS["cache-dir"], hidden: true },
};

/** The same for a command that asks no registry. */
export const LOCAL_FLAGS: typeof SHARED_FLAGS = {
  ...PUSH_FLAGS,
  jobs: { ...SHARED_FLAGS.jobs, hidden: true },
  authfile: { ...SHARED_FLAGS.authfile, hidden: true },
  insecure: { ...SHARED_FLAGS.insecure, hidden: true },
};

/** Their parsed values. */
export type SharedFlags = Interfaces.InferredFlags<typeof SHARED_FLAGS>;
