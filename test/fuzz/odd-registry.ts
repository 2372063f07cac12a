import type { Made, MadeManifest } from "../support/images.ts";
import type { AnswerRequest, RawAnswer, RawRequest } from "../support/raw-server.ts";

/** What a registry holds. */
export interface OddContent {
  readonly manifest: MadeManifest;
  readonly blob: Made;
}

/** Where a registry sends its clients. */
export interface OddPlaces {
  /** `http://HOST:PORT` of the registry. */
  own: string;
  /** Of another server, that of the blobs. */
  elsewhere: string;
}

/** Answers as a sound registry does: with a token, a list of tags in two pages, and blobs that lie elsewhere. */
export function answerSoundly({ manifest, blob }: OddContent, places: OddPlaces): AnswerRequest {
  return (request): RawAnswer => {
    const { method, url } = request;
    if (url.startsWith("/token"))
      return { headers: { "content-type": "application/json" }, body: '{"token":"abc","expires_in":300}' };
    if (request.headers.authorization === undefined) return askForToken(places);
    if (url.includes("/tags/list")) return listTags(url);
    if (url.includes("/manifests/")) return method === "PUT" ? { status: 201 } : describe(manifest, method);
    if (url.includes("/blobs/uploads/")) return upload(request);
    if (!url.includes("/blobs/")) return { body: "{}" };
    if (method === "HEAD") return { headers: { "content-length": String(blob.content.length) } };
    return { status: 307, headers: { location: `${places.elsewhere}/blob?signature=1` } };
  };
}

function askForToken({ own }: OddPlaces): RawAnswer {
  const challenge = `Bearer realm="${own}/token",service="odd",scope="repository:team/app:pull,push"`;
  return {
    status: 401,
    headers: { "www-authenticate": challenge },
    body: '{"errors":[{"code":"UNAUTHORIZED","message":"log in"}]}',
  };
}

function listTags(url: string): RawAnswer {
  if (url.includes("last=")) return { body: '{"name":"team/app","tags":["2.0","latest"]}' };
  return {
    headers: { link: '</v2/team/app/tags/list?n=1000&last=1.1>; rel="next"' },
    body: '{"name":"team/app","tags":["1.0","1.1"]}',
  };
}

function describe({ descriptor, content }: Made, method: string): RawAnswer {
  return {
    headers: {
      "content-type": descriptor.mediaType,
      "docker-content-digest": descriptor.digest,
      "content-length": String(content.length),
    },
    body: method === "HEAD" ? "" : content,
  };
}

function upload({ method }: RawRequest): RawAnswer {
  const headers = { location: "/v2/team/app/blobs/uploads/1?state=x" };
  return method === "PUT" ? { status: 201 } : { status: 202, headers: { ...headers, range: "0-0" } };
}
