import { BundleCommand } from "@airgap-bundle/cli";
import * as Flags from "@oclif/core/flags";
import { planFlags } from "./flags.ts";
import type { PlanDocument } from "./plan-document.ts";

/** `bundle plan`: what an export would take, without a layer being fetched. */
export class PlanCommand extends BundleCommand {
  static override summary = "Show what would be exported: images, digests, sizes and pulls.";
  static override description =
    "Resolves the selection against its registries and fetches manifests, no layers. An export after it costs no more pulls.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -c selection.yaml",
    "<%= config.bin %> <%= command.id %> -c selection.yaml -o plan.json --platform linux/arm64",
  ];
  static override flags = {
    ...planFlags,
    output: Flags.string({
      char: "o",
      summary: "Save the plan as JSON; an earlier plan is replaced.",
      helpValue: "PLAN.json",
    }),
  };

  async run(): Promise<PlanDocument> {
    const { flags } = await this.parse(PlanCommand);
    const shared = { ...this.shared(flags), userAgent: this.config.userAgent };
    const { exitCodeOf } = await import("@airgap-bundle/cli");
    const { makePlan } = await import("./make-plan.ts");
    const { renderPlan } = await import("./plan-document.ts");
    const document = await makePlan(
      flags.config,
      { ...flags, createdBy: `airgap-bundle/${this.config.version}` },
      shared,
    );
    shared.report(renderPlan(document, shared));
    return this.finish(document, exitCodeOf(document.failed.map(({ code }) => code)));
  }
}
