import {
  BundleCommand,
  EXIT,
  type OutputFile,
  prepareOutputFile,
  renderError,
  writeOutputFile,
} from "@airgap-bundle/cli";
import * as Flags from "@oclif/core/flags";
import type { ExportDocument } from "./export-document.ts";
import { planFlags } from "./flags.ts";

/** `bundle export`: a selection's images into one file. */
export class ExportCommand extends BundleCommand {
  static override summary = "Pull the selected images into a bundle: one tar file to carry across.";
  static override description =
    "Layers are fetched in parallel straight to their places in the file; it gets its name when all of it is verified. If OUT is the planned bundle already nothing is fetched; if it is an older one its layers are reused.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> -c selection.yaml -o week-47.tar",
    "<%= config.bin %> <%= command.id %> -c selection.yaml -o - | ssh gateway 'cat > week-47.tar'",
  ];
  static override flags = {
    ...planFlags,
    output: Flags.string({
      char: "o",
      summary: "File to write; - writes the bundle to stdout and the result to stderr.",
      helpValue: "OUT.tar",
      required: true,
    }),
    result: Flags.string({
      summary: "Write the result to this file; an earlier result is replaced.",
      helpValue: "FILE",
    }),
    force: Flags.boolean({
      summary: "Write OUT anew, whatever it is: no bundle, a damaged one, or the planned one.",
      default: false,
    }),
    "fail-fast": Flags.boolean({
      summary: "Stop at the first image that fails, without a bundle.",
      default: false,
    }),
    "wait-for-rate-limit": Flags.boolean({
      summary:
        "Wait where a registry grants no more pulls, until it does, in place of stopping with exit code 4.",
      default: false,
    }),
    label: Flags.string({ summary: "Text that the bundle carries for people.", helpValue: "TEXT" }),
    created: Flags.string({
      summary:
        "Time of creation that the bundle carries; none by default, so that the same content gives the same bytes.",
      helpValue: "RFC3339",
    }),
  };

  #resultFile: OutputFile | undefined;
  #isPiped = false;

  async run(): Promise<ExportDocument> {
    const { flags } = await this.parse(ExportCommand);
    this.#isPiped = flags.output === "-";
    if (flags.result !== undefined) {
      const others = [flags.config, flags.output];
      const file = { path: flags.result, kind: "result", flag: "--result", others } as const;
      await prepareOutputFile(file);
      this.#resultFile = file;
    }
    const shared = { ...this.shared(flags), userAgent: this.config.userAgent };
    const { exitCodeOf } = await import("@airgap-bundle/cli");
    const { runExport } = await import("./run-export.ts");
    const { failureCodes, renderExport } = await import("./export-document.ts");
    const document = await runExport(
      flags.config,
      { ...flags, createdBy: `airgap-bundle/${this.config.version}` },
      shared,
    );
    shared.report(renderExport(document, shared));
    return this.finish(document, exitCodeOf(failureCodes(document)));
  }

  protected override writeResult(text: string): void {
    if (this.#resultFile !== undefined) this.#writeResultFile(this.#resultFile, text);
    else if (this.#isPiped) process.stderr.write(text);
    else super.writeResult(text);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    // The bundle is not whole: who has stopped reading is not waited for.
    if (error !== undefined && this.#isPiped && process.stdout.writableLength > 0) process.exit();
  }

  /** The bundle may be complete by now: its id must not be lost with the file. */
  #writeResultFile(file: OutputFile, text: string): void {
    try {
      writeOutputFile(file, text);
    } catch (error) {
      process.stderr.write(`${renderError(error, { stream: process.stderr })}${text}`);
      process.exitCode = EXIT.failed;
    }
  }
}
