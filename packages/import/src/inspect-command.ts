import { BundleCommand, LOCAL_FLAGS } from "@airgap-bundle/cli";
import { bundleArgs } from "./flags.ts";
import type { InspectDocument } from "./inspect-document.ts";

/** `bundle inspect`: what a bundle carries. */
export class InspectCommand extends BundleCommand {
  static override baseFlags = LOCAL_FLAGS;
  static override summary = "Show what a bundle carries.";
  static override description =
    "Checks headers, sizes and all that describes the images; layers are not read. See verify for that.";
  static override examples = ["<%= config.bin %> <%= command.id %> week-47.tar"];
  static override args = bundleArgs;

  async run(): Promise<InspectDocument> {
    const { args, flags } = await this.parse(InspectCommand);
    const { report } = this.shared(flags);
    const { openBundle } = await import("@airgap-bundle/core");
    const { chooseBundle } = await import("./choose-bundle.ts");
    const { renderInspect, toInspectDocument } = await import("./inspect-document.ts");
    const bundle = await openBundle(chooseBundle(args.bundle));
    await bundle.close();
    const document = toInspectDocument(bundle);
    report(renderInspect(document));
    return document;
  }
}
