import { access, constants, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { stringifyJson } from "@airgap-bundle/cli";
import { BundleError } from "@airgap-bundle/core";
import type { PlanFlags } from "./open-sources.ts";
import { type PlanDocument, toPlanDocument } from "./plan-document.ts";
import { type SourceOptions, withPlan } from "./resolve-selection.ts";

/** Where a plan is saved, and what the bundle would say of its maker. */
export interface MakePlanFlags extends PlanFlags {
  readonly output?: string | undefined;
  readonly createdBy: string;
}

/** Resolves a selection to a plan and saves it if a file is named. @throws what {@link withPlan} throws; `USAGE`, `FILE_FAILED` */
export async function makePlan(
  path: string,
  flags: MakePlanFlags,
  options: SourceOptions,
): Promise<PlanDocument> {
  const { createdBy, output } = flags;
  if (output !== undefined) await checkDirectory(output);
  const document = await withPlan(path, flags, options, (plan) =>
    Promise.resolve(toPlanDocument(plan, { createdBy })),
  );
  if (output !== undefined) await savePlan(output, document);
  return document;
}

/** Found out before a registry is asked, not after. */
async function checkDirectory(output: string): Promise<void> {
  const directory = dirname(resolve(output));
  try {
    await access(directory, constants.W_OK);
  } catch (cause) {
    throw new BundleError(
      "USAGE",
      `Cannot save the plan to ${output}: ${directory} is no directory that can be written to`,
      { cause },
    );
  }
}

async function savePlan(output: string, document: PlanDocument): Promise<void> {
  try {
    await writeFile(output, `${stringifyJson(document)}\n`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError("FILE_FAILED", `Cannot save the plan to ${output}: ${reason}`, { cause });
  }
}
