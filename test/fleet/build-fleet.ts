import { readFile } from "node:fs/promises";
import type { Descriptor, Platform, Store, StoreRepository } from "@airgap-bundle/core";
import { expandSelection, parseSelection } from "@airgap-bundle/core";
import { createLayer, type Layer } from "./layer.ts";
import { type Flavour, type IndexEntry, pushAttestation, pushImage, pushIndex } from "./push-content.ts";
import { seededBytes } from "./seeded-bytes.ts";

/** The selection that names the fleet's repositories. */
export const CLOUDFORET_SELECTION: URL = new URL("../../examples/cloudforet-core.yaml", import.meta.url);

/** Tags that the example takes. Its pattern ends in `.*`, so that the release candidate is among them. */
const SELECTED_TAGS: readonly string[] = ["1.11.0", "1.11.2-rc1", "1.11.10"];

/** Tags that it leaves out; every repository has `latest` beside them. */
const OTHER_TAGS: readonly string[] = ["1.10.4", "2.0.0", "dev"];

/** The repositories of which `latest` is wanted. */
const DATABASES: ReadonlySet<string> = new Set(["library/redis", "library/mongo"]);

const AMD64: Platform = { os: "linux", architecture: "amd64" };
const ARM64: Platform = { os: "linux", architecture: "arm64" };

/** Layers of a base image and of a language, in layers of an application. */
const BASE_FACTOR = 4;
const RUNTIME_FACTOR = 3;

/** What a repository's tags are: an image, an index, an index with attestations, an index in an index. */
type Shape = "image" | "index" | "attested" | "nested";

/** The kinds of repositories that there are, in turn. */
const KINDS: readonly { readonly shape: Shape; readonly flavour: Flavour }[] = [
  { shape: "attested", flavour: "oci" },
  { shape: "index", flavour: "docker" },
  { shape: "image", flavour: "oci" },
  { shape: "image", flavour: "docker" },
  { shape: "nested", flavour: "oci" },
  { shape: "index", flavour: "docker" },
];

/** What the fleet is made of. */
export interface FleetOptions {
  /** @default the repositories of {@link CLOUDFORET_SELECTION} */
  readonly repositories?: readonly string[];
  /** Size of an application's own layer, in bytes. @default 64 KiB */
  readonly layerSize?: number;
}

/** Fills a store with images like those of a Cloudforet installation; the same bytes every time. */
export async function buildFleet(store: Store, options: FleetOptions = {}): Promise<void> {
  const { repositories = await readRepositories(), layerSize = 64 * 1024 } = options;
  for (const [position, name] of repositories.entries()) {
    const kind = KINDS[position % KINDS.length] ?? { shape: "image", flavour: "oci" };
    const work = { name, repository: store.openRepository(name), layerSize, ...kind };
    if (DATABASES.has(name)) {
      for (const tag of ["7.2", "latest"]) await pushRelease(work, tag);
      continue;
    }
    for (const tag of SELECTED_TAGS) await pushRelease(work, tag);
    for (const tag of OTHER_TAGS) await pushOther(work, tag);
    await pushOther(work, "2.0.0", "latest");
  }
}

interface RepositoryWork {
  readonly name: string;
  readonly repository: StoreRepository;
  readonly layerSize: number;
  readonly shape: Shape;
  readonly flavour: Flavour;
}

async function readRepositories(): Promise<readonly string[]> {
  const { selection } = parseSelection(await readFile(CLOUDFORET_SELECTION, "utf8"), { environment: {} });
  if (selection === undefined) throw new Error("Cannot build the fleet: the example selection has problems");
  return expandSelection(selection).mappings.map(({ source }) => source.repository);
}

/** What the operator wants: in the shape of the repository. */
async function pushRelease(work: RepositoryWork, tag: string): Promise<void> {
  const { repository, flavour, shape } = work;
  if (shape === "image") {
    await pushImage(repository, { flavour, platform: AMD64, layers: releaseLayers(work, tag, AMD64), tag });
    return;
  }
  const entries = [await pushPlatform(work, tag, AMD64), await pushPlatform(work, tag, ARM64)];
  if (shape === "index") {
    await pushIndex(repository, { flavour, manifests: entries, tag });
  } else if (shape === "attested") {
    const attestations: IndexEntry[] = [];
    for (const entry of entries) attestations.push(await pushAttestation(repository, entry));
    await pushIndex(repository, { flavour, manifests: [...entries, ...attestations], tag });
  } else {
    const inner = await pushIndex(repository, { flavour, manifests: entries.slice(1) });
    await pushIndex(repository, { flavour, manifests: [...entries.slice(0, 1), inner], tag });
  }
}

async function pushPlatform(work: RepositoryWork, tag: string, platform: Platform): Promise<IndexEntry> {
  const { repository, flavour } = work;
  const image = { flavour, platform, layers: releaseLayers(work, tag, platform) };
  return { ...(await pushImage(repository, image)), platform };
}

/** What nobody asked for. `content` names the tag whose content it has. */
async function pushOther(
  { name, repository, flavour, layerSize }: RepositoryWork,
  content: string,
  tag: string = content,
): Promise<Descriptor> {
  const layers = [seededLayer(`${name}:${content}`, layerSize)];
  return await pushImage(repository, { flavour, platform: AMD64, layers, tag });
}

/** From what all share to what this image has alone; the application is the same on every platform. */
function releaseLayers(
  { name, layerSize }: RepositoryWork,
  tag: string,
  { architecture }: Platform,
): readonly Layer[] {
  const runtime = name.includes("console") ? "node" : "python";
  return [
    seededLayer(`base/${architecture}`, BASE_FACTOR * layerSize),
    seededLayer(`${runtime}/${architecture}`, RUNTIME_FACTOR * layerSize),
    seededLayer(`${name}/dependencies/${architecture}`, layerSize),
    seededLayer(`${name}:${tag}`, layerSize),
  ];
}

function seededLayer(seed: string, size: number): Layer {
  return createLayer("content", seededBytes(seed, size));
}
