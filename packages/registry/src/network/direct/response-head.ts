import { codedError } from "./coded-error.ts";

/** Header fields by their names in lower case; several of one name are a list. */
export type HeaderFields = Record<string, string | string[]>;

/** The beginning of an answer: {@link https://www.rfc-editor.org/rfc/rfc9112#name-message-format}. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: HeaderFields;
  /** How its body ends: after so many bytes, with its last chunk, or with the connection. */
  readonly framing: Framing;
  /** Whether the connection is good for another request after it. */
  readonly isPersistent: boolean;
}

/** How the end of a body is known: {@link https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length}. */
export type Framing =
  | { readonly kind: "length"; readonly size: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/;
/** Blanks around a value are left to a function: a pattern would try each of a row of them as the first of the last ones. */
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads the lines before a body, without the empty one. @throws an error with node's code for what is no HTTP */
export function parseResponseHead(text: string): ResponseHead {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const [, minor, status] = STATUS_LINE.exec(statusLine) ?? [];
  if (status === undefined)
    throw codedError("HPE_INVALID_CONSTANT", "the answer does not begin as one of HTTP/1");
  const headers: HeaderFields = Object.create(null) as HeaderFields;
  for (const line of lines) {
    const [, name, field] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || field === undefined)
      throw codedError("HPE_INVALID_HEADER_TOKEN", "a header field is malformed");
    const value = withoutBlanks(field);
    const known = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = known === undefined ? value : [known, value].flat();
  }
  const statusCode = Number(status);
  const framing = framingOf(statusCode, headers);
  const tokens = String(headers["connection"] ?? "").toLowerCase();
  const isPersistent = minor === "1" && framing.kind === "length" && !/\bclose\b/.test(tokens);
  return { statusCode, headers, framing, isPersistent };
}

/** Without the blanks and tabs around it; other white space belongs to a value. */
function withoutBlanks(field: string): string {
  let start = 0;
  let end = field.length;
  while (start < end && isBlank(field[start])) start += 1;
  while (end > start && isBlank(field[end - 1])) end -= 1;
  return field.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function framingOf(statusCode: number, headers: HeaderFields): Framing {
  if (statusCode < 200 || statusCode === 204 || statusCode === 304) return { kind: "length", size: 0 };
  const coding = headers["transfer-encoding"];
  if (coding !== undefined) {
    if (String(coding).toLowerCase() === "chunked") return { kind: "chunked" };
    throw codedError("HPE_INVALID_TRANSFER_ENCODING", "the answer has a transfer coding that is not known");
  }
  const length = headers["content-length"];
  if (length === undefined) return { kind: "close" };
  const sizes = new Set([length].flat());
  const [size = ""] = sizes;
  if (sizes.size === 1 && /^\d{1,15}$/.test(size)) return { kind: "length", size: Number(size) };
  throw codedError("HPE_INVALID_CONTENT_LENGTH", "the answer's length is malformed");
}
