import type { BundleDocument, BundleImage } from "../bundle/document.ts";
import { BundleError } from "../error.ts";
import { formatTarget } from "../plan/plan.ts";
import { joinRepositoryName } from "../reference.ts";

/** Where an image of a bundle will be pushed. */
export interface ImportTarget {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
}

/** An image and its place in the target registry. */
export interface PlannedImport {
  readonly image: BundleImage;
  readonly target: ImportTarget;
  /** `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@DIGEST`. */
  readonly name: string;
}

/** Which images, and where to. */
export interface PlanImportOptions {
  /** `HOST[/PREFIX]` put before the recorded repository. @default the recorded registry */
  readonly to?: string;
  /** Names of tasks. @default all of them */
  readonly tasks?: readonly string[];
}

/**
 * Works out where every image goes. Pure.
 *
 * @throws `USAGE` if the bundle has no such task; `TARGET_MISSING` if neither the bundle nor `to` names a registry;
 * `REFERENCE_INVALID` for a malformed one; `TARGET_CONFLICT` if two different images would have one target
 */
export function planImport(
  document: BundleDocument,
  options: PlanImportOptions = {},
): readonly PlannedImport[] {
  const planned = new Map<string, PlannedImport>();
  for (const image of chooseImages(document, options.tasks)) {
    const target = chooseTarget(image, options.to);
    const name = formatTarget(target, image.descriptor.digest);
    const other = planned.get(name);
    if (other !== undefined && other.image.descriptor.digest !== image.descriptor.digest) {
      throw new BundleError(
        "TARGET_CONFLICT",
        `Cannot push two images to ${name}: ${other.image.source} and ${image.source}`,
        {
          hint: "Import them with different --to, one --task at a time",
        },
      );
    }
    planned.set(name, { image, target, name });
  }
  return [...planned.values()];
}

function chooseImages(
  { images }: BundleDocument,
  tasks: readonly string[] | undefined,
): readonly BundleImage[] {
  if (tasks === undefined) return images;
  const names = new Set(images.map(({ task }) => task));
  const missing = tasks.find((name) => !names.has(name));
  if (missing === undefined) return images.filter(({ task }) => tasks.includes(task));
  throw new BundleError("USAGE", `Cannot find images of task ${JSON.stringify(missing)} in the bundle`, {
    hint: `It has ${[...names].map((name) => JSON.stringify(name)).join(", ")}`,
  });
}

function chooseTarget({ source, target }: BundleImage, to: string | undefined): ImportTarget {
  const registry = to ?? target.registry;
  if (registry === null) {
    throw new BundleError(
      "TARGET_MISSING",
      `Cannot import ${source}: the bundle names no registry to push to`,
      {
        hint: "Name it with --to HOST[/PREFIX]",
      },
    );
  }
  return { ...joinRepositoryName(registry, target.repository), tag: target.tag };
}
