import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { measure } from "./measure.ts";
import { atMost, type Row } from "./row.ts";
import { runInTurn } from "./run-in-turn.ts";

const SELECTION = {
  relay: "skopeo",
  tasks: [
    {
      name: "one",
      source: { registry: "docker.io" },
      target: { registry: "registry.internal" },
      mappings: [{ from: "library/redis", tags: ["semver: >=7.0.0", "keep: latest 3"] }],
    },
  ],
};

/** What is needed to measure how long it takes to start. */
export interface StartRowsOptions {
  readonly directory: string;
  readonly runs: number;
  readonly bundle: readonly string[];
}

/** `--version` and `config` against node's own start. */
export async function measureStart({ directory, runs, bundle }: StartRowsOptions): Promise<readonly Row[]> {
  await writeFile(join(directory, "start.yaml"), JSON.stringify(SELECTION));
  const contender = (
    command: readonly string[],
  ): { runs: number; run: () => ReturnType<typeof measure> } => ({
    runs,
    run: async () => await measure(command, { cwd: directory }),
  });
  const { node, version, config } = await runInTurn({
    node: contender([process.execPath, "-e", "0"]),
    version: contender([...bundle, "--version"]),
    config: contender([...bundle, "config", "-c", "start.yaml"]),
  });
  return [
    atMost({ what: "bundle --version", against: "node -e 0" }, [version, node], 4),
    atMost({ what: "bundle config", against: "node -e 0" }, [config, node], 4),
  ];
}
