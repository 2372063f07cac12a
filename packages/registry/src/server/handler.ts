import type { IncomingMessage, ServerResponse } from "node:http";
import type { Store } from "@airgap-bundle/core";
import { parseRoute, type Route } from "../routes.ts";
import { type Answer, errorAnswer, failureAnswer } from "./answer.ts";
import { openBearerGate } from "./bearer-gate.ts";
import { createCall } from "./call.ts";
import { answerCall, checkNames } from "./dispatch.ts";
import { type Gate, openBasicGate, openFreeGate } from "./gate.ts";
import type { Quirks, ServerAuth, ServerOptions } from "./options.ts";
import { openPullBudget } from "./pull-budget.ts";
import { openRequestLimit } from "./request-limit.ts";
import { sendAnswer } from "./send-answer.ts";

/** Answers a request of node's http server; it never throws. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The distribution protocol over a store, to be given to node's http server:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints}.
 */
export function createRegistryHandler(store: Store, options: ServerOptions = {}): RegistryHandler {
  const { auth, quirks = {}, onRequest, onError } = options;
  const gate = openGate(auth);
  const budget = openPullBudget(quirks.rateLimit);
  const countRequest = openRequestLimit(quirks.requestLimit);
  // Tokens are for single repositories; what a token does not name it cannot be asked about.
  const isOpenToAll = auth?.kind !== "bearer";

  const answerRequest = async (request: IncomingMessage, signal: AbortSignal): Promise<Answer> => {
    const { method = "GET", url = "/" } = request;
    const abuse = countRequest();
    if (abuse !== undefined) return abuse;
    const token = await gate.answerToken(request);
    if (token !== undefined) return token;
    const route = parseRoute(url);
    if (route === undefined) return errorAnswer("UNSUPPORTED", "there is no such endpoint", { status: 404 });
    const refusal = checkNames(route, method) ?? checkAccess(request, route, { gate, quirks });
    if (refusal !== undefined) return refusal;
    return await answerCall(createCall(request, route, { store, quirks, isOpenToAll, signal }), budget);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const signal = goneSignal(response);
    const report = (error: unknown): void => {
      if (!signal.aborted) onError?.(error);
    };
    try {
      const answer = await answerRequest(request, signal).catch((error: unknown) =>
        failureAnswer(error, report),
      );
      onRequest?.({ method: request.method ?? "", path: request.url ?? "", status: answer.status });
      await sendAnswer(request, response, quirks.omitContentDigest === true ? withoutDigest(answer) : answer);
    } catch (error) {
      report(error);
      response.destroy();
    }
  };

  return (request, response) => void handle(request, response);
}

interface CheckOptions {
  readonly gate: Gate;
  readonly quirks: Quirks;
}

/** The refusal of a request that may not be, with the registry's quirks; undefined if it may. */
function checkAccess(
  request: IncomingMessage,
  route: Route,
  { gate, quirks }: CheckOptions,
): Answer | undefined {
  if ("repository" in route && quirks.missingProjects?.(route.repository) === true) {
    const message = `project ${route.repository.split("/", 1)[0]} not found`;
    return errorAnswer("UNAUTHORIZED", message, { headers: { "www-authenticate": "" } });
  }
  const refusal = gate.check(request, route);
  if (refusal === undefined || route.kind === "base" || quirks.challengeAtBaseOnly !== true) return refusal;
  const { "www-authenticate": _challenge, ...headers } = refusal.headers;
  return { ...refusal, headers };
}

function openGate(auth: ServerAuth | undefined): Gate {
  if (auth === undefined) return openFreeGate();
  return auth.kind === "basic" ? openBasicGate(auth) : openBearerGate(auth);
}

/** Aborted when the client goes away before its answer has ended. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

function withoutDigest(answer: Answer): Answer {
  const { "docker-content-digest": _digest, ...headers } = answer.headers;
  return { ...answer, headers };
}
