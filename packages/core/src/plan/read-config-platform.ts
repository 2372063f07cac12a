import * as z from "zod";
import type { Descriptor, Platform } from "../descriptor.ts";
import { fetchConfig } from "../fetch/fetch-config.ts";
import { isImageConfigType } from "../media-types.ts";
import type { RepositoryName } from "../reference.ts";
import { MAX_CONFIG_SIZE } from "./manifest-graph.ts";
import type { PlanOptions } from "./plan-options.ts";

const Config = z.object({
  os: z.string().min(1),
  architecture: z.string().min(1),
  variant: z.string().min(1).exactOptional(),
});

/**
 * The platform that an image's config names; undefined if it names none or is no image config.
 *
 * @throws what fetching it throws
 */
export async function readConfigPlatform(
  config: Descriptor,
  from: RepositoryName,
  options: PlanOptions,
): Promise<Platform | undefined> {
  if (!isImageConfigType(config.mediaType) || config.size > MAX_CONFIG_SIZE) return undefined;
  const content = await options.cache.getOrFetch(
    config,
    async () => await fetchConfig(config, [from], options),
  );
  return parsePlatformOf(content);
}

/** Configs are free to hold anything: what cannot be read names no platform. */
function parsePlatformOf(content: Uint8Array): Platform | undefined {
  try {
    const result = Config.safeParse(JSON.parse(new TextDecoder().decode(content)));
    return result.success ? result.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
