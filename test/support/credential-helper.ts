import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execPath } from "node:process";

/** A program that speaks the protocol of docker's credential helpers. */
export interface CredentialHelper {
  /** To be put on the PATH. */
  readonly directory: string;
  /** What it was asked, a line for each run: its argument and what it read. */
  readonly log: string;
}

/**
 * Writes `docker-credential-NAME` into `bin` of a directory. `script` is JavaScript that sees the server it is asked for as
 * `server`.
 */
export async function writeCredentialHelper(
  directory: string,
  name: string,
  script: string,
): Promise<CredentialHelper> {
  const bin = join(directory, "bin");
  const log = join(directory, `${name}.log`);
  const path = join(bin, `docker-credential-${name}`);
  await mkdir(bin, { recursive: true });
  const source = `#!${execPath}
const { appendFileSync, readFileSync } = require("node:fs");
const server = readFileSync(0, "utf8").trim();
appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(" ") + " " + server + "\\n");
${script}
`;
  await writeFile(path, source);
  await chmod(path, 0o755);
  return { directory: bin, log };
}

/** A script that answers with these credentials. */
export function answerWith(username: string, secret: string): string {
  const credentials = JSON.stringify({ Username: username, Secret: secret });
  return `console.log(JSON.stringify({ ServerURL: server, ...${credentials} }));`;
}
