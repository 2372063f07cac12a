import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatSelection } from "../support/selection.ts";
import { type Measured, measure } from "./measure.ts";
import { atMost, type Row } from "./row.ts";
import { runInTurn } from "./run-in-turn.ts";
import { type Bench, clearDirectory } from "./scene.ts";

const MAPPINGS = [{ from: "library/redis", tags: ["semver: >=7.0.0", "keep: latest 3"] }];

/** How many times node's own start a command may take. */
const BAR = 4;

/** `--version` and `config` against node's own start. */
export async function measureStart(bench: Bench, runs: number): Promise<readonly Row[]> {
  bench.log("start");
  const cwd = await clearDirectory(bench, "start");
  await writeFile(join(cwd, "start.yaml"), formatSelection({ registry: "docker.io", mappings: MAPPINGS }));
  const contender = (...command: readonly string[]): { runs: number; run: () => Promise<Measured> } => ({
    runs,
    run: async () => await measure(command, { cwd }),
  });
  const { node, version, config } = await runInTurn({
    node: contender(process.execPath, "-e", "0"),
    version: contender(...bench.bundle, "--version"),
    config: contender(...bench.bundle, "config", "-c", "start.yaml"),
  });
  await rm(cwd, { recursive: true });
  const against = "node -e 0";
  return [
    atMost({ what: "bundle --version", against }, [version, node], BAR),
    atMost({ what: "bundle config", against }, [config, node], BAR),
  ];
}
