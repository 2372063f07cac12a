import { isRepository } from "@airgap-bundle/core";
import type { Route } from "../routes.ts";
import type { Action } from "./options.ts";

/** Actions on one repository. */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly Action[];
}

/** What a request needs; nothing for the base endpoint but that somebody is known. */
export function scopesOf(route: Route, method: string): readonly Scope[] {
  if (route.kind === "base") return [];
  const isRead = method === "GET" || method === "HEAD";
  const scope: Scope = { repository: route.repository, actions: isRead ? ["pull"] : ["pull", "push"] };
  const from = route.kind === "uploads" && route.mount !== undefined ? route.from : undefined;
  return from !== undefined && isRepository(from)
    ? [scope, { repository: from, actions: ["pull"] }]
    : [scope];
}

/** The text of scopes in a challenge: {@link https://distribution.github.io/distribution/spec/auth/scope/}. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes.map(({ repository, actions }) => `repository:${repository}:${actions.join(",")}`).join(" ");
}

/** Reads scopes, separated by blanks. What is not about a repository, and actions that are not known here, are left out. */
export function parseScopes(text: string): readonly Scope[] {
  const scopes: Scope[] = [];
  for (const part of text.split(" ")) {
    const [, repository, actions] = /^repository:([^:]+):([a-z*,]*)$/.exec(part) ?? [];
    if (repository === undefined || actions === undefined || !isRepository(repository)) continue;
    scopes.push({ repository, actions: actions.split(",").filter(isAction) });
  }
  return scopes;
}

function isAction(text: string): text is Action {
  return text === "pull" || text === "push";
}
