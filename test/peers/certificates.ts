import { join } from "node:path";
import { runPeer } from "./run-peer.ts";

/** Paths of PEM files. */
export interface Certificates {
  /** Of the authority, which no system knows. */
  readonly ca: string;
  readonly key: string;
  /** For 127.0.0.1. */
  readonly certificate: string;
}

/** Paths of a certificate and its key, both PEM. */
export type IssuedCertificate = Pick<Certificates, "key" | "certificate">;

/** An authority, which no system knows. */
export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** Makes a certificate for these names, such as `DNS:r.test` or `IP:127.0.0.1`; a client's needs none. */
  issue(name: string, names?: readonly string[]): Promise<IssuedCertificate>;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = ["-days", "2"];

/** Makes an authority whose files have this name. */
export async function makeAuthority(directory: string, name = "ca"): Promise<Authority> {
  const path = (file: string): string => join(directory, file);
  const ca = path(`${name}.pem`);
  const caKey = path(`${name}.key`);
  const subject = ["-subj", `/CN=Test CA ${name}`];
  await runPeer("openssl", ["req", "-x509", ...NEW_KEY, ...DAYS, ...subject, "-keyout", caKey, "-out", ca]);
  return {
    ca,
    async issue(file, names = []) {
      const key = path(`${file}.key`);
      const certificate = path(`${file}.pem`);
      const signed = [
        "req",
        "-x509",
        "-CA",
        ca,
        "-CAkey",
        caKey,
        ...NEW_KEY,
        ...DAYS,
        "-subj",
        `/CN=${file}`,
      ];
      const alternatives = names.length === 0 ? [] : [`subjectAltName=${names.join(",")}`];
      const extensions = ["basicConstraints=critical,CA:FALSE", ...alternatives];
      const added = extensions.flatMap((extension) => ["-addext", extension]);
      await runPeer("openssl", [...signed, ...added, "-keyout", key, "-out", certificate]);
      return { key, certificate };
    },
  };
}

/** Makes an authority, and a certificate of it for 127.0.0.1. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const { ca, issue } = await makeAuthority(directory);
  return { ca, ...(await issue("registry", ["IP:127.0.0.1"])) };
}
