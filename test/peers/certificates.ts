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

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

/** Makes an authority, and a certificate of it for 127.0.0.1. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const caKey = join(directory, "ca.key");
  const ca = join(directory, "ca.pem");
  const key = join(directory, "registry.key");
  const certificate = join(directory, "registry.pem");
  await runPeer("openssl", [
    "req",
    "-x509",
    ...NEW_KEY,
    "-subj",
    "/CN=Test CA",
    "-keyout",
    caKey,
    "-out",
    ca,
  ]);
  const signed = ["req", "-x509", "-CA", ca, "-CAkey", caKey, ...NEW_KEY, "-subj", "/CN=registry"];
  const extensions = ["subjectAltName=IP:127.0.0.1", "basicConstraints=critical,CA:FALSE"];
  const added = extensions.flatMap((extension) => ["-addext", extension]);
  await runPeer("openssl", [...signed, ...added, "-keyout", key, "-out", certificate]);
  return { ca, key, certificate };
}
