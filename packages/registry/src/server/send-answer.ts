import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Answer } from "./answer.ts";

/** The version header that docker clients look for. */
const API_VERSION = { "docker-distribution-api-version": "registry/2.0" };

/**
 * Sends an answer and resolves when it has ended. Nothing is sent to a client that has gone away.
 *
 * @throws what the body threw; the connection is cut then, so that the client cannot take a part for the whole
 */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  const { status, headers, body } = answer;
  if (response.destroyed) return;
  response.writeHead(status, { ...API_VERSION, ...headers });
  if (body === undefined || request.method === "HEAD") {
    response.end();
  } else if (body instanceof Uint8Array) {
    response.end(body);
  } else {
    await pipeline(body, response);
  }
}
