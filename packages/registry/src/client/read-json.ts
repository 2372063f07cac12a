import { BundleError } from "@airgap-bundle/core";
import type * as z from "zod";

/** An answer as the document that it must be. `what` reads "verb object". @throws `REGISTRY_FAILED` if it is another */
export function readJson<T>(content: Uint8Array, type: z.ZodType<T>, what: string): T {
  const hint = "Check that the host is a registry, not its web page";
  const json = parseJson(content);
  if (json === undefined)
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is not JSON`, { hint });
  const document = type.safeParse(json);
  if (document.success) return document.data;
  throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is another document than expected`, {
    hint,
  });
}

/** Undefined if it is no JSON. */
export function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
}
