import type { PeerName } from "../peers/peers.ts";

/** What may be the root of an image in a bundle. */
export const ROOT_KINDS = ["OCI image", "OCI index", "Docker image", "Docker manifest list"] as const;
export type RootKind = (typeof ROOT_KINDS)[number];

/**
 * How software that is not ours reads a bundle. `docs/format.md` has the same table; a test compares the two, and another
 * runs each line of it.
 */
export interface Reader {
  readonly tool: PeerName;
  /** What the verdict is about; others may read more. */
  readonly version: string;
  /** OUT.tar is the bundle, DIR what `tar xf OUT.tar -C DIR` makes of it, REF a name of the bundle's `index.json`. */
  readonly how: string;
  readonly reads: readonly RootKind[];
  /** What of an image is the same afterwards: its digest; its config, and so its image ID; its files; its name. */
  readonly keeps: "digest" | "config" | "files" | "name";
}

export const READERS: readonly Reader[] = [
  {
    tool: "skopeo",
    version: "1.9",
    how: "skopeo copy --all oci-archive:OUT.tar:REF docker://HOST/NAME",
    reads: ["OCI image", "OCI index"],
    keeps: "digest",
  },
  {
    tool: "skopeo",
    version: "1.9",
    how: "skopeo copy --all oci:DIR:REF docker://HOST/NAME",
    reads: ["OCI image", "OCI index"],
    keeps: "digest",
  },
  {
    tool: "skopeo",
    version: "1.9",
    how: "skopeo copy docker-archive:OUT.tar:REF docker://HOST/NAME",
    reads: ["OCI image", "Docker image"],
    keeps: "config",
  },
  {
    tool: "podman",
    version: "4.3",
    how: "podman load -i OUT.tar",
    reads: ["OCI image", "Docker image"],
    keeps: "config",
  },
  {
    tool: "podman",
    version: "4.3",
    how: "podman pull oci-archive:OUT.tar:REF",
    reads: ["OCI image", "OCI index"],
    keeps: "config",
  },
  {
    tool: "umoci",
    version: "0.4",
    how: "umoci ls --layout DIR",
    reads: ROOT_KINDS,
    keeps: "name",
  },
  {
    tool: "umoci",
    version: "0.4",
    how: "umoci unpack --rootless --image DIR:REF ROOTFS",
    reads: ["OCI image"],
    keeps: "files",
  },
];

/** The row of a reader in the table of `docs/format.md`, whose columns are tool, how, reads, keeps. */
export function formatReaderRow({ tool, version, how, reads, keeps }: Reader): string {
  const kinds = reads.length === ROOT_KINDS.length ? "everything" : reads.map(toPlural).join(", ");
  return `| ${tool} ${version} | \`${how}\` | ${kinds} | ${keeps} |`;
}

function toPlural(kind: RootKind): string {
  return kind === "OCI index" ? "OCI indexes" : `${kind}s`;
}
