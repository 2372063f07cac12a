import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

/** What measured: for people and for the JSON file. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** In bytes. */
  readonly memory: number;
  readonly kernel: string;
  readonly node: string;
  /** Of the registries' storage and of all outputs. */
  readonly fileSystem: string;
  /** Others may have been at work: the load of the last minute when the bench began. */
  readonly load: string;
}

/** This machine. */
export function describeMachine(fileSystem: string): Machine {
  const [first] = cpus();
  return {
    processor: first?.model ?? "unknown",
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    node: process.version,
    fileSystem,
    load: readFileSync("/proc/loadavg", "utf8").split(" ")[0] ?? "",
  };
}
