import { homedir } from "node:os";

/** Where credentials are looked for depends on these. */
export interface Machine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
  /** Absent on Windows. */
  readonly userId?: number;
}

/** The machine that this process runs on. */
export function describeMachine(): Machine {
  const userId = process.getuid?.();
  return {
    environment: process.env,
    homeDirectory: homedir(),
    platform: process.platform,
    ...(userId === undefined ? {} : { userId }),
  };
}

/** A variable of the environment; an empty one is not set. */
export function readVariable({ environment }: Machine, name: string): string | undefined {
  const value = environment[name];
  return value === "" ? undefined : value;
}
