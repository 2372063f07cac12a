/** One mapping of a selection. */
export interface TestMapping {
  readonly from: string;
  /** @default `mirror/` and `from` */
  readonly to?: string;
  readonly tags: readonly string[];
  readonly platform?: string;
}

/** What is around the mappings. */
export interface TestSelection {
  /** Registry to read from. */
  readonly registry: string;
  /** @default none, as where import names it */
  readonly target?: string;
  /** `username: … password: …` in base64, as dregsy takes them. */
  readonly auth?: string;
  readonly mappings: readonly TestMapping[];
}

/** A selection of one task. JSON is YAML. */
export function formatSelection({ registry, target, auth, mappings }: TestSelection): string {
  const source = { registry, ...(auth === undefined ? {} : { auth }) };
  const task = {
    name: "fleet",
    interval: 3600,
    source,
    ...(target === undefined ? {} : { target: { registry: target } }),
    mappings: mappings.map((mapping) => ({ to: `mirror/${mapping.from}`, ...mapping })),
  };
  return `${JSON.stringify({ relay: "skopeo", tasks: [task] }, null, 2)}\n`;
}
