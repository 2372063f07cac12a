import { isDigest } from "@airgap-bundle/core";
import { maskSecrets } from "../credentials/mask-secrets.ts";

/** More of the registry's words helps nobody. */
const MAX_MESSAGE_LENGTH = 500;
/** A detail may be any JSON; this much of it is looked through for digests. */
const MAX_DETAIL_VALUES = 200;

/** What a registry says about a failure. */
export interface RegistryWords {
  /** In upper case, as registries with lower-case codes mean it. */
  readonly code?: string;
  /** Printable, on one line, not empty. */
  readonly message?: string;
  /** Digests that the details name. */
  readonly digests: readonly string[];
  /** Codes of all errors, the first one's too. */
  readonly codes: readonly string[];
  /** How many errors there are. */
  readonly errors: number;
}

/** No words at all. */
export const NO_WORDS: RegistryWords = { digests: [], codes: [], errors: 0 };

/** Makes words fit for a message. */
type Clean = (text: string) => string;

/**
 * Reads the body of an error's answer: the specification's document in all the forms that registries give it, another
 * JSON, a page of a proxy, plain text, nothing. Of `secrets`, which were sent, nothing is in it.
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes}
 */
export function readWords(body: string, secrets: readonly string[] = []): RegistryWords {
  const text = body.trim();
  if (text === "") return NO_WORDS;
  // Before they are cut short: the beginning of a secret is one too.
  const clean: Clean = (words) => cleanWords(maskSecrets(words, secrets));
  const document = parseJson(text);
  if (document !== undefined) return readDocument(document, clean);
  return sayOnly(/^<(?:!doctype|html|\?xml|head|center)/i.test(text) ? readTitle(text) : text, clean);
}

/** Foreign words for a message: printable, on one line, cut short. */
export function cleanWords(text: string): string {
  const printable = text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return printable.length > MAX_MESSAGE_LENGTH ? `${printable.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : printable;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readDocument(document: unknown, clean: Clean): RegistryWords {
  if (!isRecord(document)) return sayOnly(typeof document === "string" ? document : undefined, clean);
  const { errors } = document;
  const listed = (Array.isArray(errors) ? errors : [errors]).filter(
    (error) => isRecord(error) || typeof error === "string",
  );
  // Not the specification's form: GitHub and cloud services say `message`, Harbor's core `details`.
  return readErrors(listed.length === 0 ? [document] : listed, clean);
}

/** Of several errors the first one that says anything: docker's registry begins a list with `UNKNOWN`. */
function readErrors(errors: readonly unknown[], clean: Clean): RegistryWords {
  const all = errors.map((error) => readError(error, clean));
  const chosen = all.find(({ code }) => code !== undefined && code !== "UNKNOWN") ?? all[0];
  return {
    ...chosen,
    codes: all.flatMap(({ code }) => (code === undefined ? [] : [code])),
    digests: [...new Set(all.flatMap(({ digests }) => digests))],
    errors: all.length,
  };
}

function readError(error: unknown, clean: Clean): Pick<RegistryWords, "code" | "message" | "digests"> {
  if (!isRecord(error)) return sayOnly(String(error), clean);
  const { code, message, msg, error: inner, detail, details } = error;
  const words = [message, msg, inner, detail, details]
    .flatMap((value) => (isRecord(value) ? [value["message"], nameFullDisk(value)] : [value]))
    .filter((value) => typeof value === "string" && value.trim() !== "");
  // A detail that is a text is often the only reason given; what is a digest is told beside it.
  const reason = [...new Set(words)]
    .filter((word) => !isDigest(String(word)))
    .slice(0, 2)
    .join(": ");
  const name = typeof code === "string" || typeof code === "number" ? clean(String(code)) : "";
  return {
    ...(name === "" ? {} : { code: name.toUpperCase() }),
    ...(reason === "" ? {} : { message: clean(reason) }),
    digests: findDigests([detail, details]),
  };
}

function sayOnly(text: string | undefined, clean: Clean): RegistryWords {
  const message = clean(text ?? "");
  return { ...NO_WORDS, ...(message === "" ? {} : { message, errors: 1 }) };
}

/** docker's registry tells some errors of its storage only by their number on Linux: 28 is ENOSPC, 122 is EDQUOT. */
function nameFullDisk({ Enclosed: enclosed }: Record<string, unknown>): string | undefined {
  const number = isRecord(enclosed) ? enclosed["Err"] : undefined;
  return number === 28 || number === 122 ? "no space left on device" : undefined;
}

/** A page says in its title or first heading what it is about. */
function readTitle(page: string): string | undefined {
  return /<(title|h1)[^>]*>([^<]*)/i.exec(page)?.[2];
}

function findDigests(detail: unknown): readonly string[] {
  const found = new Set<string>();
  const queue = [detail];
  for (let seen = 0; seen < queue.length && seen < MAX_DETAIL_VALUES; seen++) {
    const value = queue[seen];
    if (typeof value === "string" && isDigest(value)) found.add(value);
    if (typeof value === "object" && value !== null)
      queue.push(...Object.values(value).slice(0, MAX_DETAIL_VALUES));
  }
  return [...found];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
