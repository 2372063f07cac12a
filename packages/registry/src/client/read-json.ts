import { BundleError } from "@airgap-bundle/core";
import type { z } from "zod";

/** An answer as the document that it must be. `what` reads "verb object". @throws `REGISTRY_FAILED` if it is another */
export function readJson<T>(content: Uint8Array, type: z.ZodType<T>, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is not JSON`, {
      cause,
      hint: "Check that the host is a registry, not its web page",
    });
  }
  const document = type.safeParse(json);
  if (document.success) return document.data;
  throw new BundleError("REGISTRY_FAILED", `Cannot ${what}: the answer is another document than expected`);
}
