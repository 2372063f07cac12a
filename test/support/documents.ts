import { z } from "zod";
import type { BundleRun } from "./run-bundle.ts";

const BlobCount = z.object({ count: z.int(), size: z.int() });
const Failed = z.object({
  source: z.string(),
  target: z.string().exactOptional(),
  code: z.string(),
  message: z.string(),
});
const Target = z.object({
  registry: z.string().nullable(),
  repository: z.string(),
  tag: z.string().nullable(),
});

/** What the tests read of a plan. */
export const PlanDocument = z.object({
  images: z.array(
    z.object({
      source: z.string(),
      target: Target,
      resolved: z.string(),
      descriptor: z.object({ mediaType: z.string(), digest: z.string(), size: z.int() }),
      platforms: z.array(z.string()),
      referrers: z.string(),
      referrerCount: z.int(),
    }),
  ),
  blobs: BlobCount,
  pulls: z.array(z.object({ registry: z.string(), needed: z.int(), remaining: z.int().exactOptional() })),
  failed: z.array(Failed),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type PlanDocument = z.infer<typeof PlanDocument>;

/** What the tests read of an export's result. */
export const ExportDocument = z.object({
  bundle: z.string().nullable(),
  partial: z.string().exactOptional(),
  images: z.int(),
  referrers: z.object({
    count: z.int(),
    images: z.int(),
    failed: z.array(z.looseObject({ code: z.string() })),
  }),
  blobs: BlobCount,
  downloaded: BlobCount,
  reused: BlobCount,
  failed: z.array(Failed),
});

/** What the tests read of an import's result. */
export const ImportDocument = z.object({
  images: z.array(
    z.object({
      source: z.string(),
      target: z.string(),
      digest: z.string(),
      status: z.string(),
      code: z.string().exactOptional(),
      referrers: z.object({
        pushed: z.int(),
        unchanged: z.int(),
        planned: z.int(),
        failed: z.int(),
        failures: z.array(z.object({ digest: z.string(), code: z.string(), message: z.string() })),
        unknown: z.literal(true).exactOptional(),
      }),
    }),
  ),
  blobs: z.object({ uploaded: z.int(), mounted: z.int(), existing: z.int() }),
});

export type ImportDocument = z.infer<typeof ImportDocument>;

/** What a command that has no result says. */
export const ErrorDocument = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().exactOptional() }),
});

/** An index, with everything in it that only others understand. */
export const IndexDocument = z.looseObject({ manifests: z.array(z.unknown()) });
export type IndexDocument = z.infer<typeof IndexDocument>;

/** What is wrong with a bundle. */
export const VerifyDocument = z.object({
  ok: z.boolean(),
  problems: z.array(
    z.object({
      kind: z.string(),
      message: z.string(),
      digest: z.string().exactOptional(),
      offset: z.int().exactOptional(),
    }),
  ),
});

/** The one JSON document that a run printed. @throws naming what it printed instead */
export function readDocument<T>(run: BundleRun, type: z.ZodType<T>): T {
  const output = run.stdout.toString();
  const result = type.safeParse(output === "" ? undefined : JSON.parse(output));
  if (result.success) return result.data;
  throw new Error(`bundle ended with ${run.exitCode} and printed\n${output}${run.stderr}`);
}
