import type { IncomingMessage } from "node:http";
import type { Route } from "../routes.ts";
import { type Answer, errorAnswer } from "./answer.ts";
import { areSameCredentials, parseBasic } from "./credentials.ts";
import type { BasicAuth } from "./options.ts";

/** Decides who may do what. */
export interface Gate {
  /** The refusal; undefined if the request may pass. */
  check(request: IncomingMessage, route: Route): Answer | undefined;
  /** The answer of the token endpoint; undefined if the request is not for it. */
  answerToken(request: IncomingMessage): Answer | Promise<Answer> | undefined;
}

/** Lets everybody pass. */
export function openFreeGate(): Gate {
  return { check: () => undefined, answerToken: () => undefined };
}

/** Lets the one user pass: {@link https://www.rfc-editor.org/rfc/rfc7617}. */
export function openBasicGate(auth: BasicAuth): Gate {
  return {
    check(request) {
      const given = parseBasic(request.headers.authorization);
      if (given !== undefined && areSameCredentials(given, auth)) return undefined;
      return unauthorizedAnswer(`Basic realm="registry"`);
    },
    answerToken: () => undefined,
  };
}

/** 401 with what to do about it. */
export function unauthorizedAnswer(challenge: string): Answer {
  return errorAnswer("UNAUTHORIZED", "authentication required", {
    headers: { "www-authenticate": challenge },
  });
}
