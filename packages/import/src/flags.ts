import * as Args from "@oclif/core/args";

/** The files of a bundle. */
export const bundleArgs = {
  bundle: Args.string({
    description: "Bundle written by bundle export.",
    name: "BUNDLE",
    required: true,
    multiple: true,
    ignoreStdin: true,
  }),
};
