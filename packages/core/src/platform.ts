import type { Platform } from "./descriptor.ts";
import { BundleError } from "./error.ts";

/** Taken when neither the command line nor the selection names a platform. */
export const DEFAULT_PLATFORM = "linux/amd64";

/** Keeps an index whole. */
export const ALL_PLATFORMS = "all";

/** The names that people and uname use, and Go's. */
const ARCHITECTURES: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> =
  new Map([
    ["x86_64", { architecture: "amd64" }],
    ["x86-64", { architecture: "amd64" }],
    ["aarch64", { architecture: "arm64" }],
    ["armhf", { architecture: "arm", variant: "v7" }],
    ["armel", { architecture: "arm", variant: "v6" }],
    ["i386", { architecture: "386" }],
  ]);

/** The variant that a name without one means: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#platform-variants}. */
const DEFAULT_VARIANTS: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
]);

/**
 * Reads `OS/ARCHITECTURE[/VARIANT]`, normalised: `linux/aarch64/v8` is `linux/arm64`.
 *
 * @throws `PLATFORM_UNKNOWN` if it has another form
 */
export function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9_.-]+)\/([a-z0-9_.-]+)(?:\/([a-z0-9_.-]+))?$/i.exec(text);
  if (match === null) {
    throw new BundleError(
      "PLATFORM_UNKNOWN",
      `Cannot use platform ${JSON.stringify(text)}: it is not OS/ARCHITECTURE[/VARIANT]`,
      {
        hint: "Write for example linux/amd64, linux/arm/v7 or all",
      },
    );
  }
  const [, os = "", architecture = "", variant] = match;
  return normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** `OS/ARCHITECTURE[/VARIANT]`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Go's names, lower case, and no variant where it is the default one. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const given = platform.architecture.toLowerCase();
  const known = ARCHITECTURES.get(given) ?? { architecture: given };
  const variant = platform.variant?.toLowerCase() ?? known.variant;
  const isDefault =
    variant === undefined || variant === "" || variant === DEFAULT_VARIANTS.get(known.architecture);
  return { os, architecture: known.architecture, ...(isDefault ? {} : { variant }) };
}

/** Is `candidate` what `wanted` asks for? A wanted `linux/arm` takes every variant; `linux/arm64` only the default one. */
export function matchesPlatform(candidate: Platform, wanted: Platform): boolean {
  const has = normalizePlatform(candidate);
  const wants = normalizePlatform(wanted);
  if (has.os !== wants.os || has.architecture !== wants.architecture) return false;
  if (wants.variant === undefined && !DEFAULT_VARIANTS.has(wants.architecture)) return true;
  return has.variant === wants.variant;
}
