import { readFileSync } from "node:fs";

interface TagSetVector {
  readonly id: string;
  readonly tags: readonly string[];
  readonly filter: readonly string[];
  readonly lists?: boolean;
  /** One of these four. */
  readonly expected?: readonly string[];
  readonly anyOf?: readonly (readonly string[])[];
  readonly error?: string;
  readonly crash?: boolean;
}

interface LocationFacts {
  readonly Registry: string;
  readonly Auth: string;
  readonly Skip: boolean;
}

interface ConfigVector {
  readonly id: string;
  readonly yaml: string;
  readonly error?: string;
  readonly config?: {
    readonly tasks:
      | readonly {
          readonly name: string;
          readonly interval: number;
          readonly verbose: boolean;
          readonly source: LocationFacts;
          readonly target: LocationFacts;
          readonly mappings:
            | readonly {
                readonly from: string;
                readonly to: string;
                readonly platform: string;
                readonly tags: readonly string[] | null;
              }[]
            | null;
        }[]
      | null;
  };
}

interface DregsyVectors {
  readonly tagset: readonly TagSetVector[];
  readonly semverParse: readonly { readonly tag: string; readonly version: string | null }[];
  readonly semverRange: {
    readonly versions: readonly string[];
    readonly cases: readonly {
      readonly range: string;
      readonly matches?: readonly string[];
      readonly error?: string;
    }[];
  };
  readonly regexLine: readonly {
    readonly pattern: string;
    readonly match?: Readonly<Record<string, boolean>>;
    readonly error?: string;
  }[];
  readonly toReplace: readonly {
    readonly regex: string;
    readonly replacement: string;
    readonly path: string;
    readonly result: string;
  }[];
  readonly config: readonly ConfigVector[];
  readonly dregsyConfigUnitTests: readonly {
    readonly fixture: string;
    readonly content: string;
    readonly expect: string;
  }[];
}

/** The facts about dregsy, for the tests of what must behave alike. */
export const dregsyVectors: DregsyVectors = JSON.parse(
  readFileSync(new URL("./dregsy.json", import.meta.url), "utf8"),
);
