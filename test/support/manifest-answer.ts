import type { MadeManifest } from "./images.ts";
import type { RawAnswer } from "./raw-server.ts";

/** What a sound registry answers to a request for a manifest. */
export function answerManifest({ descriptor, content }: MadeManifest): RawAnswer {
  const { mediaType, size, digest } = descriptor;
  const headers = {
    "content-type": mediaType,
    "content-length": String(size),
    "docker-content-digest": digest,
  };
  return { headers, body: content };
}
