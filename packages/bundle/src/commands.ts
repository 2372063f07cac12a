import { ConfigCommand, ExplainCommand, ExportCommand, PlanCommand } from "@airgap-bundle/export";
import { ImportCommand, InspectCommand, VerifyCommand } from "@airgap-bundle/import";
import type { Command } from "@oclif/core";

/** Every command by its name. Their classes hold flags and texts only; the work is imported when they run. */
export const COMMANDS: Readonly<Record<string, Command.Class>> = {
  config: ConfigCommand,
  plan: PlanCommand,
  explain: ExplainCommand,
  export: ExportCommand,
  import: ImportCommand,
  inspect: InspectCommand,
  verify: VerifyCommand,
};
