import { BundleCommand } from "@airgap-bundle/cli";
import * as Args from "@oclif/core/args";
import type { ExplainDocument } from "./explain-document.ts";
import { sourceFlags } from "./flags.ts";

/** `bundle explain`: why a tag is in an export, or is not. */
export class ExplainCommand extends BundleCommand {
  static override summary = "Show for every tag of a repository which rule keeps or drops it.";
  static override description =
    "Lists the repository's tags and applies the filter of each mapping that takes it. Nothing else is asked or fetched.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -c selection.yaml redis",
    "<%= config.bin %> <%= command.id %> -c selection.yaml quay.io/org/app --task nightly",
  ];
  static override args = {
    repository: Args.string({
      description: "As the selection names it, or in full with its registry.",
      required: true,
    }),
  };
  static override flags = sourceFlags;

  async run(): Promise<ExplainDocument> {
    const { args, flags } = await this.parse(ExplainCommand);
    const shared = { ...this.shared(flags), userAgent: this.config.userAgent };
    const { explainRepository } = await import("./explain-repository.ts");
    const { renderExplain } = await import("./explain-document.ts");
    const document = await explainRepository(args.repository, flags, shared);
    shared.report(renderExplain(document));
    return document;
  }
}
