import * as Flags from "@oclif/core/flags";

/** The selection file. */
export const configFlag = Flags.string({
  char: "c",
  summary: "Selection file: a dregsy configuration.",
  helpValue: "FILE",
  required: true,
});

/** Which tasks of a selection, and where their registries are asked. */
export const sourceFlags = {
  config: configFlag,
  task: Flags.string({
    summary: "Only the task of this name. Repeatable.",
    helpValue: "NAME",
    multiple: true,
    multipleNonGreedy: true,
  }),
  mirror: Flags.string({
    summary: "Ask HOST in the place of REGISTRY; names stay as they are. Repeatable.",
    helpValue: "REGISTRY=HOST[/PREFIX]",
    helpGroup: "REGISTRY",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** What a selection is resolved with, of plan and export alike. */
export const planFlags = {
  ...sourceFlags,
  platform: Flags.string({
    summary:
      "Platform to take, in place of those of the selection: OS/ARCHITECTURE[/VARIANT] or all. Repeatable.",
    helpValue: "PLATFORM",
    multiple: true,
    multipleNonGreedy: true,
  }),
  referrers: Flags.boolean({
    summary: "Take signatures, attestations and what else speaks of the images.",
    allowNo: true,
    default: true,
  }),
};
