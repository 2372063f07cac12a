import type { Random } from "./random.ts";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** Values of which parsers have died. */
const HOSTILE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  2 ** 53 - 1,
  4 * 1024 * 1024 + 1,
  8 * 2 ** 30,
  "",
  "\u0000",
  "../../../etc/passwd",
  "sha256:../../x",
  `sha256:${"A".repeat(64)}`,
  `sha256:${"0".repeat(64)}`,
  `sha512:${"0".repeat(128)}`,
  `md5:${"0".repeat(32)}`,
  "\u001b]8;;http://evil.example\u0007x\r\n\u202e",
  "evil.example/x",
  "a".repeat(5000),
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v1+json",
  [],
  {},
  [[[[[[[[[[]]]]]]]]]],
  { manifests: [], layers: [] },
];

const KEYS = [
  "digest",
  "size",
  "mediaType",
  "manifests",
  "layers",
  "config",
  "subject",
  "__proto__",
  "constructor",
  "",
];

/** A place in a document. */
interface Place {
  readonly holder: Json[] | JsonObject;
  readonly key: string;
}

/** A copy of a JSON document in which one to three places are different. */
export function mutateJson(random: Random, document: Json): Json {
  const root: JsonObject = { document: structuredClone(document) };
  for (let left = 1 + random.below(3); left > 0; left--) mutatePlace(random, root);
  return root["document"] ?? null;
}

function mutatePlace(random: Random, root: JsonObject): void {
  const places = listPlaces(root);
  if (places.length === 0) return;
  const place = random.pick(places);
  const change = random.pick(CHANGES);
  change(random, place, places);
}

/** What can be done to a place among others. */
const CHANGES: readonly ((random: Random, place: Place, places: readonly Place[]) => void)[] = [
  (_, place) => remove(place),
  (random, place) => write(place, structuredClone(random.pick(HOSTILE))),
  (random, place, places) => write(place, structuredClone(read(random.pick(places)))),
  (random, place) => write(place, nudge(random, read(place))),
  (random, place, places) =>
    addKey(random, read(place), structuredClone(random.pick([...HOSTILE, read(random.pick(places))]))),
  (random, place) => repeat(random, read(place)),
  (random, place) => shuffle(random, read(place)),
  (random, place) => write(place, random.oneIn(2) ? [read(place)] : { [random.pick(KEYS)]: read(place) }),
];

function listPlaces(holder: Json[] | JsonObject): Place[] {
  return Object.keys(holder).flatMap((key) => {
    const place = { holder, key };
    const value = read(place);
    return typeof value === "object" && value !== null ? [place, ...listPlaces(value)] : [place];
  });
}

function read({ holder, key }: Place): Json {
  return (holder as JsonObject)[key] ?? null;
}

function write({ holder, key }: Place, value: Json): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function nudge(random: Random, value: Json): Json {
  if (typeof value === "number") return value + random.pick([-1, 1, 511, 512, -value, value]);
  if (typeof value !== "string" || value === "") return value;
  const at = random.below(value.length);
  return `${value.slice(0, at)}${String.fromCharCode(random.below(0x100))}${value.slice(at + 1)}`;
}

function addKey(random: Random, value: Json, added: Json): void {
  if (Array.isArray(value)) value.splice(random.below(value.length + 1), 0, added);
  else if (typeof value === "object" && value !== null) {
    write({ holder: value, key: random.pick(KEYS) }, added);
  }
}

function repeat(random: Random, value: Json): void {
  if (!Array.isArray(value) || value.length === 0 || value.length > 1000) return;
  const item = random.pick(value);
  for (let left = random.pick([1, 1, 2, 50]); left > 0; left--) value.push(structuredClone(item));
}

function shuffle(random: Random, value: Json): void {
  if (!Array.isArray(value)) return;
  value.sort(() => random.below(3) - 1);
}
