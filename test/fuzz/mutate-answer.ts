import type { RawAnswer } from "../support/raw-server.ts";
import { mutateBytes } from "./mutate-bytes.ts";
import { type Json, mutateJson } from "./mutate-json.ts";
import type { Random } from "./random.ts";

/** Statuses that no client waits after: the fuzz would spend its time on that. */
const STATUSES = [200, 201, 202, 204, 206, 301, 302, 307, 308, 400, 401, 403, 404, 405, 416, 418];

/** Those that a client waits after, and a connection that is cut, come once in a while. */
const SLOW_STATUSES = [408, 429, 500, 503];

/** Pieces of header values. */
const PIECES = [
  "",
  ",",
  ";",
  "=",
  '"',
  "\\",
  "<",
  ">",
  "%00",
  "../../",
  "//",
  "http://",
  "https://evil.example/",
  "file:///etc/passwd",
  "http://user:password@127.0.0.1:1/",
  "http://169.254.169.254/latest",
  "Bearer ",
  "Basic ",
  "Negotiate abc==",
  'realm="',
  'rel="next"',
  "bytes 0-0/1",
  "99999999999999999999",
  "-1",
  "NaN",
  "\u00ff\u0080",
  "x".repeat(2000),
];

/** Headers that clients act on. */
const NAMES = [
  "location",
  "link",
  "www-authenticate",
  "docker-content-digest",
  "content-type",
  "content-range",
  "content-encoding",
  "retry-after",
  "range",
  "ratelimit-remaining",
  "docker-upload-uuid",
  "oci-subject",
  "set-cookie",
];

/** Leaves an answer as it is, or changes its status, headers or body. */
export function mutateAnswer(random: Random, answer: RawAnswer): RawAnswer {
  switch (random.below(8)) {
    case 0:
      return { ...answer, status: random.oneIn(40) ? random.pick(SLOW_STATUSES) : random.pick(STATUSES) };
    case 1:
      return { ...answer, headers: mutateHeaders(random, answer.headers ?? {}) };
    case 2:
      return { ...answer, body: mutateBody(random, answer.body ?? "") };
    case 3:
      return {
        ...answer,
        headers: mutateHeaders(random, answer.headers ?? {}),
        body: mutateBody(random, answer.body ?? ""),
      };
    case 4:
      return random.oneIn(40) ? { ...answer, isCut: true } : answer;
    default:
      return answer;
  }
}

function mutateHeaders(
  random: Random,
  headers: NonNullable<RawAnswer["headers"]>,
): NonNullable<RawAnswer["headers"]> {
  const name = random.pick([...Object.keys(headers), ...NAMES]);
  const { [name]: old, ...others } = headers;
  if (random.oneIn(4)) return others;
  const values = Array.from({ length: random.pick([1, 1, 1, 3]) }, () =>
    mutateValue(random, String(old ?? "")),
  );
  const [first = ""] = values;
  return { ...headers, [name]: values.length === 1 ? first : values };
}

/** What a server written in node can send as the value of a header. */
function mutateValue(random: Random, value: string): string {
  const at = random.below(value.length + 1);
  const end = at + random.below(10);
  const mutated = `${value.slice(0, at)}${random.pick(PIECES)}${value.slice(random.oneIn(2) ? at : end)}`;
  return mutated.replace(/[^\x20-\x7e\x80-\xff]/g, "?");
}

function mutateBody(random: Random, body: string | Uint8Array): string | Uint8Array {
  const bytes = Buffer.from(body);
  if (bytes[0] === 0x7b && random.oneIn(2))
    return JSON.stringify(mutateJson(random, JSON.parse(bytes.toString()) as Json));
  switch (random.below(4)) {
    case 0:
      return "<!DOCTYPE html><title>Log in</title>";
    case 1:
      return "";
    case 2:
      return "[".repeat(1 + random.below(100_000));
    default:
      return bytes.length === 0 ? "x" : mutateBytes(random, bytes).content;
  }
}
