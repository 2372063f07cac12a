import type { ChooseFault, Fault, FaultyRequest } from "./fault.ts";

/** A fault and the requests that it befalls. */
export interface Rule {
  /** @default every method */
  readonly method?: string;
  /** @default every path */
  readonly path?: RegExp;
  /** Whether the request must ask for a range, or must not. @default either */
  readonly isRange?: boolean;
  /** Matching requests that are left alone first. @default 0 */
  readonly skip?: number;
  /** How many it befalls. @default 1 */
  readonly times?: number;
  readonly fault: Fault;
}

/** The first rule that matches and is not used up decides. */
export function followRules(rules: readonly Rule[]): ChooseFault {
  const seen = new Map<Rule, number>();
  return (request) => {
    for (const rule of rules) {
      if (!isMatch(rule, request)) continue;
      const { skip = 0, times = 1, fault } = rule;
      const count = (seen.get(rule) ?? 0) + 1;
      seen.set(rule, count);
      if (count > skip && count <= skip + times) return fault;
    }
    return undefined;
  };
}

function isMatch({ method, path, isRange }: Rule, request: FaultyRequest): boolean {
  return (
    (method === undefined || method === request.method) &&
    (path === undefined || path.test(request.path)) &&
    (isRange === undefined || isRange === (request.range !== undefined))
  );
}
