import type { Command } from "@oclif/core";

/** Every command by its name. Their classes hold flags and texts only; the work is imported when they run. */
export const COMMANDS: Readonly<Record<string, Command.Class>> = {};
