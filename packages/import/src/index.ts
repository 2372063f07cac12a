export { ImportCommand } from "./import-command.ts";
export { InspectCommand } from "./inspect-command.ts";
export { VerifyCommand } from "./verify-command.ts";
