import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Options that every transfer has beside those of its configuration file. */
const CURL = "curl -sS -Z --parallel-max 8";

/** One transfer of curl: the lines of its part of a configuration file. */
export type Transfer = readonly string[];

/** Names a value in a configuration file of curl. */
export function setting(name: string, value: string): string {
  return `${name} = ${JSON.stringify(value)}`;
}

/** A configuration file of curl for transfers that differ in more than URL and file. */
export function joinTransfers(transfers: readonly Transfer[]): string {
  return transfers.map((lines) => `${lines.join("\n")}\n`).join("next\n");
}

/** The command that runs a configuration file, eight transfers at a time; it fails if one of them does. */
export function curlCommand(configFile: string, options: string = "-f"): string {
  return `${CURL} --http1.1 ${options} -K ${configFile}`;
}

/** Writes these files, by their path in the directory. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}
