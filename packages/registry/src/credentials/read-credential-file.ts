import { readFile, stat } from "node:fs/promises";
import type { EventSink } from "@airgap-bundle/core";
import type { CredentialPath } from "./credential-paths.ts";
import { type CredentialFile, parseCredentials, unreadableError } from "./parse-credentials.ts";

/** No honest file comes near it: an entry has a few hundred bytes. */
const MAX_FILE_SIZE = 1024 * 1024;

/** Rights of the group and of everybody else. */
const OTHERS = 0o077;

/** Codes of a file that is not there. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** Codes of a file that is somebody else's. */
const FORBIDDEN: ReadonlySet<string> = new Set(["EACCES", "EPERM"]);

/** What reading a file depends on. */
export interface ReadOptions {
  /** Windows has no modes that say who may read a file. */
  readonly platform: NodeJS.Platform;
  readonly onEvent?: EventSink | undefined;
}

interface OpenedText {
  readonly text: string;
  readonly mode: number;
}

/**
 * Reads a file with credentials; undefined if it need not be there and is not, or may not be read, which is a warning.
 *
 * @throws `USAGE` if it cannot be read, is no regular file, is larger than 1 MiB or is not in docker's form. Never tells
 * its content
 */
export async function readCredentialFile(
  source: CredentialPath,
  options: ReadOptions,
): Promise<CredentialFile | undefined> {
  const { path, origin, isLegacy } = source;
  const { platform, onEvent } = options;
  const opened = await readText(path).catch((error: unknown) => passOver(error, source, onEvent));
  if (opened === undefined) return undefined;
  const file = parseCredentials(opened.text, { name: path, origin, isLegacy });
  const holdsSecrets = [...file.entries.values()].some(({ kind }) => kind === "found");
  if (platform !== "win32" && holdsSecrets && (opened.mode & OTHERS) !== 0) {
    const message = `The credentials in ${path} can be read by others than their owner; chmod 600 helps`;
    onEvent?.({ kind: "warning", code: "AUTH_FILE_EXPOSED", message });
  }
  return file;
}

async function readText(path: string): Promise<OpenedText> {
  const stats = await stat(path);
  if (!stats.isFile()) throw unreadableError(path, "it is not a regular file");
  if (stats.size > MAX_FILE_SIZE)
    throw unreadableError(path, `it has ${stats.size} bytes, ${MAX_FILE_SIZE} are allowed`);
  return { text: await readFile(path, "utf8"), mode: stats.mode };
}

/** A file that nobody named may be absent. One that belongs to root after `sudo docker login` must not stop anybody. */
function passOver(
  error: unknown,
  { path, isRequired }: CredentialPath,
  onEvent: EventSink | undefined,
): undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "USAGE") throw error;
  if (isRequired) throw unreadableError(path, code === "ENOENT" ? "there is no such file" : code, error);
  if (ABSENT.has(code)) return;
  if (!FORBIDDEN.has(code)) throw unreadableError(path, code, error);
  const message = `The credentials in ${path} may not be read by this user (${code}); they are passed over`;
  onEvent?.({ kind: "warning", code: "AUTH_FILE_UNREADABLE", message });
}
