import { BundleError } from "./error.ts";

/** Hex length per registered algorithm: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#registered-algorithms}. */
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["sha256", 64],
  ["sha512", 128],
]);

/** A digest taken apart. */
export interface DigestParts {
  readonly algorithm: string;
  /** Lower-case hexadecimal. */
  readonly hex: string;
}

/**
 * Takes `algorithm:hex` apart. Nothing that it returns can leave a directory or a URL path.
 *
 * @throws `DIGEST_INVALID` unless it is a well-formed sha256 or sha512 digest
 */
export function parseDigest(digest: string): DigestParts {
  const separator = digest.indexOf(":");
  const algorithm = digest.slice(0, separator);
  const hex = digest.slice(separator + 1);
  const length = HEX_LENGTHS.get(algorithm);
  if (separator < 0 || length === undefined || hex.length !== length || !/^[0-9a-f]+$/.test(hex)) {
    throw new BundleError(
      "DIGEST_INVALID",
      `Cannot use digest ${JSON.stringify(digest.slice(0, 160))}: ${explainDigest(digest)}`,
    );
  }
  return { algorithm, hex };
}

/** What keeps a text from being a digest that is understood: its algorithm, or its form. */
export function explainDigest(text: string): string {
  const [, algorithm = ""] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):[\w=-]+$/.exec(text) ?? [];
  return algorithm === "" || HEX_LENGTHS.has(algorithm)
    ? "it is neither sha256 nor sha512 in lower-case hexadecimal"
    : `unsupported digest algorithm ${algorithm.slice(0, 40)}, there are sha256 and sha512`;
}

/** Is this a well-formed sha256 or sha512 digest? */
export function isDigest(text: string): boolean {
  const match = /^([a-z0-9]+):([0-9a-f]+)$/.exec(text);
  return match !== null && HEX_LENGTHS.get(match[1] ?? "") === match[2]?.length;
}

/** Is this the name of an algorithm that {@link isDigest} knows? */
export function isDigestAlgorithm(text: string): boolean {
  return HEX_LENGTHS.has(text);
}
