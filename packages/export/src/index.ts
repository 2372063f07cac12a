export { ConfigCommand } from "./config-command.ts";
export { ExportCommand } from "./export-command.ts";
export { PlanCommand } from "./plan-command.ts";
