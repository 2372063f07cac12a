import { BundleCommand, LOCAL_FLAGS } from "@airgap-bundle/cli";
import type { ConfigDocument } from "./config-document.ts";
import { configFlag } from "./flags.ts";

/** `bundle config`: what a selection file means, without asking any registry. */
export class ConfigCommand extends BundleCommand {
  static override baseFlags = LOCAL_FLAGS;
  static override summary = "Show what a selection file means, and what is wrong with it.";
  static override description =
    "Asks no registry. Ends with status 2 if the file has problems; all of them are shown.";
  static override examples = ["<%= config.bin %> <%= command.id %> -c selection.yaml"];
  static override flags = { config: configFlag };

  async run(): Promise<ConfigDocument> {
    const { flags } = await this.parse(ConfigCommand);
    const { onEvent, report } = this.shared(flags);
    const { EXIT, readSelection, selectionError, tellWarnings } = await import("@airgap-bundle/cli");
    const { renderConfig, toConfigDocument } = await import("./config-document.ts");
    const parsed = await readSelection(flags.config);
    const document = toConfigDocument(parsed);
    if (document.problems.length === 0) {
      report(renderConfig(document));
      return document;
    }
    if (flags.json) return this.finish(document, EXIT.usage);
    tellWarnings(flags.config, parsed.warnings, onEvent);
    throw selectionError(flags.config, parsed.problems);
  }
}
