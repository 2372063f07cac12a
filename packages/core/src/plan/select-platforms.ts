import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import type { IndexChild, Manifest } from "../manifest.ts";
import { isIndexType } from "../media-types.ts";
import { ALL_PLATFORMS, formatPlatform, matchesPlatform, parsePlatform } from "../platform.ts";
import { type FilteredIndex, filterIndex } from "./filter-index.ts";
import type { ManifestGraph } from "./manifest-graph.ts";

/** What is carried of an index. */
export interface PlatformSelection {
  readonly root: Descriptor;
  /** What was taken; `all` if the index was taken whole for want of platforms. */
  readonly platforms: readonly string[];
  /** Indexes that had to be made, the innermost first. */
  readonly filtered: readonly FilteredIndex[];
}

/**
 * Chooses platforms inside an index; it and its nested indexes are in `graph`, their bytes in `contents`: one match is carried as itself, several as the
 * index without its other entries; attestations go with the child they speak of. An index that names no platforms, or
 * of which nothing would be left out, is carried whole.
 *
 * @throws `PLATFORM_UNKNOWN` naming the platforms that there are, if one of the wanted has no match
 */
export function selectPlatforms(
  root: Descriptor,
  platforms: readonly string[],
  graph: ManifestGraph,
  contents: ReadonlyMap<string, Uint8Array>,
): PlatformSelection {
  const offered = listPlatforms(root, graph);
  if (platforms.includes(ALL_PLATFORMS) || offered.length === 0)
    return { root, platforms: [ALL_PLATFORMS], filtered: [] };
  checkMatches(root, platforms, offered);
  const matches = offered.filter((child) => isWanted(child, platforms));
  const [only] = matches;
  if (platforms.length === 1 && matches.length === 1 && only !== undefined) {
    return { root: toDescriptor(only), platforms, filtered: [] };
  }
  const filtered: FilteredIndex[] = [];
  const work: FilterWork = { platforms, graph, contents, filtered, done: new Map() };
  return { root: filterNode(root, work) ?? toDescriptor(root), platforms, filtered };
}

/** Every child with a platform, in nested indexes too, of which each is looked into once. */
function listPlatforms(
  descriptor: Descriptor,
  graph: ManifestGraph,
  visited: Set<string> = new Set(),
): readonly IndexChild[] {
  const manifest = graph.get(descriptor.digest);
  if (manifest?.kind !== "index" || visited.has(descriptor.digest)) return [];
  visited.add(descriptor.digest);
  return manifest.children.flatMap((child) =>
    isNestedIndex(child) ? listPlatforms(child, graph, visited) : child.platform === undefined ? [] : [child],
  );
}

function checkMatches(root: Descriptor, platforms: readonly string[], offered: readonly IndexChild[]): void {
  const missing = platforms.find((platform) => !offered.some((child) => isWanted(child, [platform])));
  if (missing === undefined) return;
  const names = [
    ...new Set(offered.map(({ platform }) => (platform === undefined ? "" : formatPlatform(platform)))),
  ];
  throw new BundleError(
    "PLATFORM_UNKNOWN",
    `Cannot take ${missing} from index ${root.digest}: it has no ${missing}, only ${names.join(", ")}`,
    {
      hint: "Choose one of these with platform: in the selection or with --platform, or take all",
    },
  );
}

interface FilterWork {
  readonly platforms: readonly string[];
  readonly graph: ManifestGraph;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly filtered: FilteredIndex[];
  /** What became of indexes that may be named again, by digest. */
  readonly done: Map<string, Descriptor | undefined>;
}

/** The index without what is not wanted: itself if nothing goes, undefined if nothing stays. */
function filterNode(descriptor: Descriptor, work: FilterWork): Descriptor | undefined {
  const { digest } = descriptor;
  if (!work.done.has(digest)) work.done.set(digest, filterOnce(descriptor, work));
  return work.done.get(digest);
}

function filterOnce(descriptor: Descriptor, work: FilterWork): Descriptor | undefined {
  const manifest = work.graph.get(descriptor.digest);
  const kept = manifest?.kind === "index" ? keepChildren(manifest, work) : new Map<number, Descriptor>();
  if (manifest?.kind !== "index" || kept.size === 0) return undefined;
  const isWhole = manifest.children.every((child, position) => kept.get(position)?.digest === child.digest);
  if (isWhole) return toDescriptor(descriptor);
  const content = work.contents.get(descriptor.digest);
  if (content === undefined)
    throw new RangeError(`Cannot filter index ${descriptor.digest}: its bytes are not given`);
  const index = filterIndex(descriptor, content, kept);
  work.filtered.push(index);
  return index.descriptor;
}

function keepChildren(
  index: Extract<Manifest, { kind: "index" }>,
  work: FilterWork,
): ReadonlyMap<number, Descriptor> {
  const kept = new Map<number, Descriptor>();
  for (const [position, child] of index.children.entries()) {
    if (isNestedIndex(child)) {
      const node = filterNode(child, work);
      if (node !== undefined) kept.set(position, node);
    } else if (isWanted(child, work.platforms)) kept.set(position, child);
  }
  const subjects = new Set([...kept.keys()].map((position) => index.children[position]?.digest));
  for (const [position, child] of index.children.entries()) {
    if (child.attests !== undefined && subjects.has(child.attests)) kept.set(position, child);
  }
  return kept;
}

function isNestedIndex(child: IndexChild): boolean {
  return isIndexType(child.mediaType);
}

function isWanted({ platform }: IndexChild, platforms: readonly string[]): boolean {
  return (
    platform !== undefined && platforms.some((wanted) => matchesPlatform(platform, parsePlatform(wanted)))
  );
}

function toDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
