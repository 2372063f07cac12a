import { BundleCommand, PUSH_FLAGS } from "@airgap-bundle/cli";
import * as Flags from "@oclif/core/flags";
import { bundleArgs } from "./flags.ts";
import type { ImportDocument } from "./import-document.ts";

/** `bundle import`: a bundle's images into the private registry. */
export class ImportCommand extends BundleCommand {
  static override baseFlags = PUSH_FLAGS;
  static override summary = "Push the images of a bundle into a registry.";
  static override description =
    "What the registry has already is left alone, so it may be run again at any time. A tag appears when all of its image has arrived.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> week-47.tar --to harbor.example.com/mirror --dry-run",
    "<%= config.bin %> <%= command.id %> week-47.tar --to harbor.example.com/mirror",
  ];
  static override args = bundleArgs;
  static override flags = {
    to: Flags.string({
      summary:
        "Registry to push to, put before each image's repository. Default: the target that the selection named.",
      helpValue: "HOST[/PREFIX]",
    }),
    config: Flags.string({
      char: "c",
      summary: "Selection file whose credentials and TLS settings are used for the hosts that it names.",
      helpValue: "FILE",
    }),
    task: Flags.string({
      summary: "Only the images of the task of this name. Repeatable.",
      helpValue: "NAME",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "chunk-size": Flags.string({
      summary:
        "Send blobs in pieces of this size. Default: in one, or in pieces of up to 64MiB where a registry or proxy takes no large request.",
      helpValue: "SIZE",
      helpGroup: "REGISTRY",
    }),
    "on-existing-tag": Flags.option({
      options: ["overwrite", "skip", "fail"] as const,
      summary:
        "What becomes of a tag that stands for something else: it is moved, left alone, or its image fails.",
      default: "overwrite",
    })(),
    "dry-run": Flags.boolean({ summary: "Show what would be pushed, and push nothing.", default: false }),
    "verify-first": Flags.boolean({
      summary: "Read and verify the whole bundle before the first push.",
      default: false,
    }),
  };

  async run(): Promise<ImportDocument> {
    const { args, flags } = await this.parse(ImportCommand);
    const shared = { ...this.shared(flags), userAgent: this.config.userAgent };
    const { exitCodeOf } = await import("@airgap-bundle/cli");
    const { runImport } = await import("./run-import.ts");
    const { failureCodes, renderImport } = await import("./import-document.ts");
    const document = await runImport(args.bundle, flags, shared);
    shared.report(renderImport(document, { isDryRun: flags["dry-run"], isVerbose: flags.verbose }));
    return this.finish(document, exitCodeOf(failureCodes(document)));
  }
}
