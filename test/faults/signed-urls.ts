import { randomUUID } from "node:crypto";
import { type Fault, STORAGE_PREFIX } from "./fault.ts";

/** Name of the parameter that lets in. */
const SIGNATURE = "X-Signature";

/** What a signed URL stands for. */
interface Grant {
  readonly authorization: string | undefined;
  readonly expiresAt: number;
  uses: number;
}

/** URLs that let in whoever has them, for a while. */
export interface SignedUrls {
  /** Path and query for what the registry has under `path`. */
  sign(path: string, authorization: string | undefined, fault: Fault & { kind: "redirect" }): string;
  /** The `Authorization` to ask the registry with, or undefined if the URL has expired or was never given. */
  use(url: URL): { readonly authorization: string | undefined } | undefined;
  /** Every signature so far. */
  readonly signatures: readonly string[];
}

/** Knows no URL yet. */
export function createSignedUrls(): SignedUrls {
  const grants = new Map<string, Grant>();
  const signatures: string[] = [];
  return {
    signatures,
    sign(path, authorization, { uses = Infinity, ms = Infinity }) {
      const signature = randomUUID();
      signatures.push(signature);
      grants.set(signature, { authorization, uses, expiresAt: performance.now() + ms });
      return `${STORAGE_PREFIX}${path}?${SIGNATURE}=${signature}`;
    },
    use({ searchParams }) {
      const grant = grants.get(searchParams.get(SIGNATURE) ?? "");
      if (grant === undefined || grant.uses <= 0 || performance.now() >= grant.expiresAt) return undefined;
      grant.uses -= 1;
      return { authorization: grant.authorization };
    },
  };
}
