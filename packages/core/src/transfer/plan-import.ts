import type { BundleDocument, BundleImage } from "../bundle/document.ts";
import { BundleError } from "../error.ts";
import { type CarriedReferrer, formatTarget } from "../plan/plan.ts";
import { isRepository, joinRepositoryName, splitRegistry } from "../reference.ts";

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
 * Works out where every image goes. What comes to one name is one image, with the referrers of all. Pure.
 *
 * @throws `USAGE` if the bundle has no such task; `TARGET_MISSING` if neither the bundle nor `to` names a registry;
 * `REFERENCE_INVALID` for a malformed one; `TARGET_CONFLICT` if two different images would have one target
 */
export function planImport(
  document: BundleDocument,
  options: PlanImportOptions = {},
): readonly PlannedImport[] {
  if (options.to !== undefined) checkTo(options.to);
  const planned = new Map<string, { images: BundleImage[]; target: ImportTarget }>();
  for (const image of chooseImages(document, options.tasks)) {
    const target = chooseTarget(image, options.to);
    const name = formatTarget(target, image.descriptor.digest);
    const others = planned.get(name);
    const other = others?.images[0];
    if (other !== undefined && other.descriptor.digest !== image.descriptor.digest) {
      throw new BundleError(
        "TARGET_CONFLICT",
        `Cannot push two images to ${name}: ${other.source} and ${image.source}`,
        {
          hint: "Import them with different --to, one --task at a time",
        },
      );
    }
    if (others === undefined) planned.set(name, { images: [image], target });
    else others.images.push(image);
  }
  return [...planned].flatMap(([name, { images, target }]) =>
    joinImages(images).map((image) => ({ image, target, name })),
  );
}

/** One image of several of one digest, with all that speaks of any: each of them may know of other referrers. */
function joinImages(images: readonly BundleImage[]): readonly BundleImage[] {
  const [image, ...others] = images;
  if (image === undefined || others.length === 0) return images;
  const referrers = new Map<string, CarriedReferrer>();
  for (const referrer of images.flatMap((one) => one.referrers)) {
    const { subject, descriptor, tag } = referrer;
    const key = `${subject} ${descriptor.digest} ${tag ?? ""}`;
    if (!referrers.has(key)) referrers.set(key, referrer);
  }
  const isUnknown = images.some(({ referrersUnknown }) => referrersUnknown === true);
  return [{ ...image, referrers: [...referrers.values()], ...(isUnknown ? { referrersUnknown: true } : {}) }];
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

/** @throws `REFERENCE_INVALID` naming `to`, where every image's name would be wrong because of it */
function checkTo(to: string): void {
  const path = splitRegistry(to).prefix.replace(/\/$/, "");
  if (path === "" || isRepository(path)) return;
  throw new BundleError(
    "REFERENCE_INVALID",
    `Cannot push to ${JSON.stringify(to)}: ${JSON.stringify(path)} is no path of repositories`,
    {
      hint: "Write --to HOST[:PORT][/PREFIX] with lower-case letters, digits and . _ - between slashes, and without a tag",
    },
  );
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
