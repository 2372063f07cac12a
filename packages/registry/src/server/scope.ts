import { isRepository } from "@airgap-bundle/core";
import type { Route } from "../routes.ts";
import type { Action } from "./options.ts";

const CATALOG = "registry:catalog";

/** Actions on one repository, or on the list of them. */
export interface Scope {
  /** Absent for the list. */
  readonly repository?: string;
  readonly actions: readonly Action[];
}

/** What a request needs; nothing for the base endpoint but that somebody is known. */
export function scopesOf(route: Route, method: string): readonly Scope[] {
  if (route.kind === "base") return [];
  if (route.kind === "catalog") return [{ actions: ["*"] }];
  const scope: Scope = { repository: route.repository, actions: actionsOf(route, method) };
  const from = route.kind === "uploads" && route.mount !== undefined ? route.from : undefined;
  return from !== undefined && isRepository(from)
    ? [scope, { repository: from, actions: ["pull"] }]
    : [scope];
}

function actionsOf(route: Route, method: string): readonly Action[] {
  if (method === "GET" || method === "HEAD") return ["pull"];
  // Cancelling an upload is a part of pushing.
  return method === "DELETE" && route.kind !== "upload" ? ["delete"] : ["pull", "push"];
}

/** The text of scopes in a challenge: {@link https://distribution.github.io/distribution/spec/auth/scope/}. */
export function formatScopes(scopes: readonly Scope[]): string {
  return scopes
    .map(({ repository, actions }) => {
      const resource = repository === undefined ? CATALOG : `repository:${repository}`;
      return `${resource}:${actions.join(",")}`;
    })
    .join(" ");
}

/** Reads scopes, separated by blanks. What is about something else, and actions that are not known here, are left out. */
export function parseScopes(text: string): readonly Scope[] {
  const scopes: Scope[] = [];
  for (const part of text.split(" ")) {
    if (part === `${CATALOG}:*`) scopes.push({ actions: ["*"] });
    const [, repository, actions] = /^repository:([^:]+):([a-z*,]*)$/.exec(part) ?? [];
    if (repository === undefined || actions === undefined || !isRepository(repository)) continue;
    scopes.push({ repository, actions: actions.split(",").filter(isAction) });
  }
  return scopes;
}

function isAction(text: string): text is Action {
  return text === "pull" || text === "push" || text === "delete";
}
