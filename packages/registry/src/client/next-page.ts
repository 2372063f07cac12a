import { nextPage } from "./link.ts";
import type { Remote } from "./remote.ts";
import type { Response } from "./response.ts";

/**
 * The path of the page behind this one, which was asked for at `url`; undefined if it is the last. A registry that names
 * another host for it does not know its own address: that is told.
 */
export async function nextPageOf(
  response: Response,
  url: string,
  { transport, registry, warn }: Pick<Remote, "transport" | "registry" | "warn">,
): Promise<string | undefined> {
  const origin = await transport.origin();
  return nextPage(response.headers["link"], `${origin}${url}`, (host) =>
    warn(
      "LINK_FOREIGN",
      `${registry} names pages of its lists at ${host}; they are read from ${origin} all the same`,
    ),
  );
}
