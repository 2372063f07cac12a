import { prepareOutputFile, stringifyJson, writeOutputFile } from "@airgap-bundle/cli";
import type { PlanFlags } from "./open-sources.ts";
import { type PlanDocument, toPlanDocument } from "./plan-document.ts";
import { type SourceOptions, withPlan } from "./resolve-selection.ts";

/** Where a plan is saved, and what the bundle would say of its maker. */
export interface MakePlanFlags extends PlanFlags {
  readonly output?: string | undefined;
  readonly createdBy: string;
}

/** Resolves a selection to a plan and saves it if a file is named. @throws what {@link withPlan} throws; `USAGE`, `NO_SPACE`, `FILE_FAILED` */
export async function makePlan(
  path: string,
  flags: MakePlanFlags,
  options: SourceOptions,
): Promise<PlanDocument> {
  const { createdBy, output } = flags;
  const file =
    output === undefined ? undefined : ({ path: output, kind: "plan", flag: "-o", others: [path] } as const);
  if (file !== undefined) await prepareOutputFile(file);
  const document = await withPlan(path, flags, options, (plan) =>
    Promise.resolve(toPlanDocument(plan, { createdBy })),
  );
  if (file !== undefined) writeOutputFile(file, `${stringifyJson(document)}\n`);
  return document;
}
