import { BundleCommand, LOCAL_FLAGS } from "@airgap-bundle/cli";
import { bundleArgs } from "./flags.ts";
import type { VerifyDocument } from "./verify-document.ts";

/** `bundle verify`: is every byte of a bundle what it must be? */
export class VerifyCommand extends BundleCommand {
  static override baseFlags = LOCAL_FLAGS;
  static override summary = "Read every byte of a bundle and tell all that is wrong with it.";
  static override description = "Ends with status 3 if anything is.";
  static override examples = ["<%= config.bin %> <%= command.id %> week-47.tar"];
  static override args = bundleArgs;

  async run(): Promise<VerifyDocument> {
    const { args, flags } = await this.parse(VerifyCommand);
    const { onEvent, report, signal } = this.shared(flags);
    const { EXIT } = await import("@airgap-bundle/cli");
    const { verifyBundle } = await import("@airgap-bundle/core");
    const { chooseBundle } = await import("./choose-bundle.ts");
    const { renderVerify, toVerifyDocument } = await import("./verify-document.ts");
    const path = chooseBundle(args.bundle);
    const document = toVerifyDocument(await verifyBundle(path, { onEvent, signal }));
    report(renderVerify(path, document));
    return this.finish(document, document.ok ? EXIT.done : EXIT.integrity);
  }
}
