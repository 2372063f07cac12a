export { ConfigCommand } from "./config-command.ts";
export { ExplainCommand } from "./explain-command.ts";
export { ExportCommand } from "./export-command.ts";
export { PlanCommand } from "./plan-command.ts";
