import type { Framing } from "../faults/fault.ts";
import { type Fault, type FaultyRequest, STORAGE_PREFIX } from "../faults/fault.ts";
import type { Random } from "../fuzz/random.ts";

const HTML = { "content-type": "text/html" };
const PAGE = "<html><body>Something went wrong</body></html>";
const FRAMINGS: readonly Framing[] = ["kept", "fitted", "chunked", "close"];

/** A fault after which the same command can still end well, for this request of a body of this size. */
export function drawFault(random: Random, request: FaultyRequest, size: number): Fault {
  const { method, path } = request;
  if (method === "GET" && path.includes("/blobs/")) return drawBlobFault(random, request, size);
  if (method === "GET" && path.includes("/manifests/")) return drawManifestFault(random, size);
  if (method === "GET" || method === "HEAD") return drawAnswerFault(random);
  return drawPushFault(random, request);
}

/** Of any request: nothing is done, and it is told or not. */
function drawAnswerFault(random: Random): Fault {
  return random.pick<Fault>([
    { kind: "hang-up" },
    { kind: "answer", status: random.pick([500, 502, 503, 504, 522]), headers: HTML, body: PAGE },
    { kind: "answer", status: 429, headers: { "retry-after": random.pick(["0", "1", "86400", "soon"]) } },
    { kind: "answer", status: 429, body: '{"errors":[{"code":"TOOMANYREQUESTS"}]}' },
    { kind: "answer", status: 200, headers: HTML, body: PAGE },
  ]);
}

function drawManifestFault(random: Random, size: number): Fault {
  return random.pick<Fault>([
    drawAnswerFault(random),
    { kind: "cut", at: random.below(size), framing: random.pick(FRAMINGS) },
    { kind: "corrupt", at: random.below(size) },
    { kind: "headers", set: { "content-encoding": "gzip" } },
    { kind: "headers", set: { "content-length": "1" } },
  ]);
}

function drawBlobFault(random: Random, { path }: FaultyRequest, size: number): Fault {
  const at = random.below(size);
  const framing = random.pick(FRAMINGS);
  const length = 1 + random.below(size);
  const faults: readonly Fault[] = [
    drawAnswerFault(random),
    { kind: "cut", at, framing },
    { kind: "cut", at, framing },
    { kind: "stall", at, ms: random.below(50) },
    { kind: "corrupt", at },
    { kind: "drop", at, size: length, framing },
    { kind: "insert", at, size: length, framing },
    { kind: "insert", at: size, size: length, framing },
    { kind: "swap", at, size: length },
    { kind: "pace", bytesPerSecond: 1024 * 1024 * (1 + random.below(20)) },
    { kind: "headers", set: { "content-encoding": "gzip" } },
    { kind: "headers", set: { "content-length": String(random.below(2 * size)) } },
    { kind: "headers", set: { "content-range": `bytes 0-${at}/*` }, status: 206 },
    { kind: "answer", status: 416 },
    { kind: "whole" },
  ];
  const redirects: readonly Fault[] = [
    { kind: "redirect" },
    { kind: "redirect", uses: 0 },
    { kind: "redirect", uses: 1, ms: random.below(20) },
  ];
  // A storage that redirects again would be another thing.
  return random.pick(path.startsWith(STORAGE_PREFIX) ? faults : [...faults, ...redirects]);
}

function drawPushFault(random: Random, { method, path }: FaultyRequest): Fault {
  const isManifest = path.includes("/manifests/");
  const unknown = JSON.stringify({ errors: [{ code: "BLOB_UPLOAD_UNKNOWN", message: "lost" }] });
  const faults: readonly Fault[] = [
    { kind: "hang-up" },
    { kind: "answer", status: random.pick([500, 502, 503, 504]), headers: HTML, body: PAGE },
    { kind: "answer", status: 429, headers: { "retry-after": random.pick(["0", "1"]) } },
    { kind: "reset", at: random.below(random.pick([2, 1000, 100_000, 1_000_000])) },
    { kind: "lose-answer" },
  ];
  if (isManifest) return random.pick(faults);
  return random.pick<Fault>([
    ...faults,
    { kind: "headers", set: { location: undefined } },
    { kind: "headers", set: { location: "http://127.0.0.1:9/elsewhere" } },
    ...(method === "POST"
      ? []
      : ([
          { kind: "answer", status: 404, body: unknown },
          { kind: "answer", status: 201, isEarly: true },
          { kind: "answer", status: 413, headers: HTML, body: PAGE },
        ] as const)),
  ]);
}
