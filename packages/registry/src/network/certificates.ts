import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { BundleError } from "@airgap-bundle/core";

/** Certificates that one host is reached with. */
export interface HostCertificates {
  /** PEM, beside those that the system knows. */
  readonly authorities: readonly string[];
  /** PEM; what the host may want to know us by. */
  readonly clients: readonly ClientCertificate[];
  /** Where they are; undefined if no directory is there for the host. */
  readonly directory?: string;
}

/** A certificate of ours and its key, both PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Where certificates are looked for: the directory that a selection names, then those of podman, skopeo and docker, then
 * dregsy's default.
 */
export function listCertsDirectories(
  certsDir: string | undefined,
  home: string | undefined,
): readonly string[] {
  return [
    ...(certsDir === undefined ? [] : [certsDir]),
    ...(home === undefined ? [] : [join(home, ".config/containers/certs.d")]),
    "/etc/containers/certs.d",
    "/etc/docker/certs.d",
    "/etc/skopeo/certs.d",
  ];
}

/**
 * Reads what the first of the directories holds that has a folder for the host, with its port or without: `*.crt` are
 * authorities, `NAME.cert` and `NAME.key` belong together
 * ({@link https://docs.docker.com/engine/security/certificates/}).
 *
 * @throws `FILE_FAILED` naming the file that cannot be used
 */
export async function readHostCertificates(
  host: string,
  directories: readonly string[],
): Promise<HostCertificates> {
  for (const directory of directories.flatMap((root) => foldersOf(host).map((name) => join(root, name)))) {
    const files = await listFiles(directory);
    if (files !== undefined) return await readFolder(directory, files);
  }
  return { authorities: [], clients: [] };
}

/** As docker names them, and as dregsy does: without the port. */
function foldersOf(host: string): readonly string[] {
  const { host: short, hostname, port } = new URL(`https://${host}`);
  return [...new Set([short, `${hostname}:${port === "" ? 443 : port}`, hostname])];
}

async function listFiles(directory: string): Promise<readonly string[] | undefined> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    // What is closed to us, as root's directories may be, is not meant for us.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EPERM") return undefined;
    throw unusable(directory, `it cannot be read (${String(code)})`, { cause: error });
  }
}

async function readFolder(directory: string, files: readonly string[]): Promise<HostCertificates> {
  const authorities: string[] = [];
  const clients: ClientCertificate[] = [];
  for (const file of files) {
    const path = join(directory, file);
    if (file.endsWith(".crt")) authorities.push(await readCertificates(path));
    if (file.endsWith(".cert")) clients.push(await readClient(path, files));
    if (file.endsWith(".key")) requireOther(path, files, ".key", ".cert");
  }
  return { authorities, clients, directory };
}

async function readClient(path: string, files: readonly string[]): Promise<ClientCertificate> {
  const keyPath = requireOther(path, files, ".cert", ".key");
  const certificate = await readCertificates(path);
  const key = await readPem(keyPath);
  if (!new X509Certificate(certificate).checkPrivateKey(parseKey(key, keyPath))) {
    throw unusable(keyPath, `it is not the key of ${path}`);
  }
  return { certificate, key };
}

function requireOther(path: string, files: readonly string[], ending: string, other: string): string {
  const otherPath = `${path.slice(0, -ending.length)}${other}`;
  if (files.includes(basename(otherPath))) return otherPath;
  const hint =
    ending === ".cert"
      ? "Put the key beside it; if it is the certificate of an authority, its name must end with .crt"
      : `Put the client certificate beside it, as ${basename(otherPath)}`;
  throw unusable(path, `there is no ${otherPath}`, { hint });
}

/** One or more certificates. */
async function readCertificates(path: string): Promise<string> {
  const pem = await readPem(path);
  const blocks =
    pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END [^-]*-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch (cause) {
    throw unusable(path, "a certificate in it is damaged", { cause });
  }
  if (blocks.length > 0) return pem;
  throw unusable(path, "it holds no certificate in PEM form", {
    hint: `If it is a certificate in DER form, change it: openssl x509 -inform der -in FILE -out ${path}`,
  });
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const isEncrypted = /ENCRYPTED/.test(pem);
    throw isEncrypted
      ? unusable(path, "the key is encrypted", { hint: "Take its passphrase away with openssl pkey", cause })
      : unusable(path, "it holds no private key in PEM form", { cause });
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    throw unusable(path, `it cannot be read (${code})`, { cause });
  }
}

function unusable(
  path: string,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): BundleError {
  return new BundleError("FILE_FAILED", `Cannot use ${JSON.stringify(path)} for TLS: ${reason}`, options);
}
