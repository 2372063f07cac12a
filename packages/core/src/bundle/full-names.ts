import { isBundleError } from "../error.ts";
import type { ImageTarget } from "../plan/plan.ts";
import { formatReference, joinRepositoryName, parseReference } from "../reference.ts";

/** Is this a reference as {@link formatReference} writes it? What is shown is then what is meant. */
export function isFullReference(text: string): boolean {
  return isAsRead(text, () => formatReference(parseReference(text)));
}

/** Is this where an image would be pushed, with its full names? Docker Hub's `redis` is `library/redis`. */
export function isFullTarget({ registry, repository }: ImageTarget): boolean {
  if (registry === null) return true;
  const read = (): ReturnType<typeof joinRepositoryName> => joinRepositoryName(registry, repository);
  return isAsRead(registry, () => read().registry) && isAsRead(repository, () => read().repository);
}

function isAsRead(text: string, read: () => string): boolean {
  try {
    return read() === text;
  } catch (error) {
    if (isBundleError(error)) return false;
    throw error;
  }
}
