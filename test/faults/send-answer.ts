import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { alterBody, sizeChange } from "./alter-body.ts";
import { endToEnd } from "./ask-registry.ts";
import type { Fault, Framing } from "./fault.ts";
import type { Pace } from "./pace.ts";

/** How an answer is passed on. */
export interface SendAnswerOptions {
  readonly fault: Fault | undefined;
  readonly pace: Pace;
  /** Told of every piece of the body. */
  readonly onSent: (size: number) => void;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Passes the registry's answer on, with what the fault makes of it. */
export async function sendAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  options: SendAnswerOptions,
): Promise<void> {
  const { fault, pace, onSent, signal } = options;
  const announced = writeHead(answer, response, fault);
  let sent = 0;
  for await (const chunk of alterBody(answer, fault, signal)) {
    for (let at = 0; at < chunk.length; at += PIECE_SIZE) {
      const piece = chunk.subarray(at, at + PIECE_SIZE);
      await pace(piece.length, signal);
      sent += piece.length;
      onSent(piece.length);
      if (!response.write(piece)) await once(response, "drain", { signal });
    }
  }
  const isHead = response.req.method === "HEAD";
  const isShort = !isHead && announced !== undefined && sent < announced;
  const isBroken = fault?.kind === "cut" && framingOf(fault) === "chunked";
  if (isShort || isBroken) response.write("", () => response.destroy());
  else response.end();
}

/** Small enough for a pace to be even. */
const PIECE_SIZE = 64 * 1024;

/** Writes status and headers; returns the length that they announce. */
function writeHead(
  answer: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): number | undefined {
  const headers = endToEnd(answer.headers);
  const length = answer.headers["content-length"];
  const framing = framingOf(fault);
  if (framing === "fitted" && fault !== undefined && length !== undefined)
    headers["content-length"] = String(Number(length) + sizeChange(fault));
  if (framing === "chunked" || framing === "close") delete headers["content-length"];
  if (framing === "close") response.useChunkedEncodingByDefault = false;
  if (fault?.kind === "headers") {
    for (const [name, value] of Object.entries(fault.set)) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
  }
  const status = (fault?.kind === "headers" ? fault.status : undefined) ?? answer.statusCode ?? 502;
  response.writeHead(status, headers);
  response.flushHeaders();
  const announced = headers["content-length"];
  return announced === undefined ? undefined : Number(announced);
}

function framingOf(fault: Fault | undefined): Framing {
  return (fault !== undefined && "framing" in fault ? fault.framing : undefined) ?? "kept";
}
