import { BundleError, nearestName } from "@airgap-bundle/core/basics";
import type { Interfaces } from "@oclif/core";
import { Config, Plugin } from "@oclif/core/config";
import { Help } from "@oclif/core/help";
import { run } from "@oclif/core/run";
import { COMMANDS } from "./commands.ts";
import type { MainOptions } from "./main.ts";

/** Runs the command that the arguments name; without one, shows help. @throws `USAGE` if there is none; what the command ends with */
export async function runCommand(args: readonly string[], options: MainOptions): Promise<void> {
  checkCommand(args, Object.keys(COMMANDS));
  const [name = ""] = args;
  const command = COMMANDS[name];
  // oclif reads the flags of every command that it has, and sorts them.
  const plugin = await loadPlugin(command === undefined ? COMMANDS : { [name]: command }, options);
  const loaded = { ...options, plugins: new Map([[plugin.name, plugin]]) };
  if (command === undefined) await showHelp(args, await Config.load(loaded));
  else await run([...args], loaded);
}

/** Shows what `bundle --version` does as the version, where oclif shows what registries are told of us. */
async function showHelp(args: readonly string[], config: Config): Promise<void> {
  config.userAgent = `${config.bin} ${config.version}`;
  await new Help(config).showHelp([...args]);
}

/** The commands as a plugin of oclif that is in memory: the same for sources, for the build and for a single file. */
export async function loadPlugin(
  commands: typeof COMMANDS,
  options: MainOptions,
): Promise<Interfaces.Plugin> {
  const plugin = new Plugin({ ...options, isRoot: true, ignoreManifest: true });
  // A private field: oclif would otherwise import the commands from a file whose path it guesses.
  Object.assign(plugin, { commandCache: commands });
  await plugin.load();
  return plugin;
}

/** @throws `USAGE` if the first argument is neither a command nor a flag for help */
function checkCommand(args: readonly string[], commands: readonly string[]): void {
  const [name] = args;
  if (name === undefined || ["--help", "-h", ...commands].includes(name)) return;
  const nearest = nearestName(name, commands);
  const message = name.startsWith("-") ? `Expected a command before ${name}` : `Unknown command ${name}`;
  throw new BundleError("USAGE", message, {
    hint: nearest === undefined ? "See bundle --help" : `Did you mean bundle ${nearest}? See bundle --help`,
  });
}
