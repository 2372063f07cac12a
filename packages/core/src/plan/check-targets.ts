import { BundleError } from "../error.ts";
import { formatReference } from "../reference.ts";
import { formatTarget, type PlannedImage } from "./plan.ts";

/**
 * Removes images that are there twice: the same content for the same target.
 *
 * @throws `TARGET_CONFLICT` if two different contents have one target
 */
export function checkTargets(images: readonly PlannedImage[]): readonly PlannedImage[] {
  const byTarget = new Map<string, PlannedImage>();
  for (const image of images) {
    const target = formatTarget(image.target, image.descriptor.digest);
    const first = byTarget.get(target);
    if (first === undefined) byTarget.set(target, image);
    else if (first.descriptor.digest !== image.descriptor.digest) throw conflict(target, first, image);
  }
  return [...byTarget.values()];
}

function conflict(target: string, first: PlannedImage, second: PlannedImage): BundleError {
  const describe = ({ source, platforms, task }: PlannedImage): string =>
    `${formatReference(source)} (${platforms.join(", ")}, task ${JSON.stringify(task)})`;
  return new BundleError(
    "TARGET_CONFLICT",
    `Cannot give two images one target: ${target} would be both ${describe(first)} and ${describe(second)}`,
    {
      hint: "Give one of the mappings another to:, or choose one of them with --task",
    },
  );
}
