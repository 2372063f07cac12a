import * as z from "zod";
import type { Descriptor } from "../descriptor.ts";
import { parseManifest } from "../manifest.ts";
import { parseStrictJson } from "../parse-json.ts";

const Layers = z.object({
  layers: z.array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.unknown()).nullish() })),
});

/**
 * What tells the signatures in a manifest apart, one text for each. With cosign a layer is what was signed, the same for
 * all signers; the signature, its certificate and its entry in a log are the layer's annotations:
 * {@link https://github.com/sigstore/cosign/blob/v2.4.0/specs/SIGNATURE_SPEC.md#storage}. Of an index it is the entries.
 *
 * @throws `MANIFEST_INVALID`
 */
export function listSignatures(descriptor: Descriptor, content: Uint8Array): readonly string[] {
  const manifest = parseManifest(descriptor, content);
  if (manifest.kind === "index") return manifest.children.map(({ digest }) => digest);
  const { success, data } = Layers.safeParse(parseStrictJson(content));
  // Annotations that are none are told apart from all others by the whole document.
  if (!success) return [descriptor.digest];
  return data.layers.map(({ digest, annotations }) => {
    const named = Object.entries(annotations ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([digest, named]);
  });
}
