/** What a command writes beside its work. */
export type OutputKind = "plan" | "result";

/** The first entry of a bundle. */
const BUNDLE_START = "oci-layout";

/** How the documents begin; a result that is text names the bundle in a line of its own, or says that there is none. */
const SIGNS: Readonly<Record<OutputKind, RegExp>> = {
  plan: /^\{\s*"images":/,
  result: /^\{\s*"(?:bundle|error)":|^bundle sha\d+:|^There is no bundle:/m,
};

/** So much of a file shows what it is: a result may begin with the long path of its bundle. */
export const START_SIZE: number = 64 * 1024;

/** Why a file that begins so is not to be replaced by something of this kind; undefined if it may be. */
export function whyKept(start: string, kind: OutputKind): string | undefined {
  if (start.startsWith(BUNDLE_START)) return "it is there and is a bundle";
  return start === "" || SIGNS[kind].test(start) ? undefined : `it is there and is no earlier ${kind}`;
}
