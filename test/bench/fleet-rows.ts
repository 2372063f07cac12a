import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startDockerRegistry } from "../peers/docker-registry.ts";
import { peerFile } from "../peers/peers.ts";
import { CURL_EXPORT, prepareCurlExport } from "./curl-export.ts";
import { CURL_IMPORT, prepareCurlImport } from "./curl-import.ts";
import { describeFleet, type FleetImage, fillFleet, SELECTED_TAGS } from "./fleet.ts";
import { sizeOf } from "./list-content.ts";
import { type Measured, measure } from "./measure.ts";
import { atLeast, atMost, compare, type Row } from "./row.ts";
import { runInTurn } from "./run-in-turn.ts";

const REPOSITORIES = 24;

/** What the rows of the fleet are measured with. */
export interface FleetRowsOptions {
  /** An empty directory for registries and outputs, of some 14 GiB at full scale. */
  readonly directory: string;
  /** The part of the full sizes. */
  readonly scale: number;
  /** How often each command runs; skopeo's run once. */
  readonly runs: number;
  /** The executable: node and its arguments. */
  readonly bundle: readonly string[];
}

/** Export and import of 96 tags over loopback, against curl and skopeo. */
export async function measureFleet(options: FleetRowsOptions): Promise<readonly Row[]> {
  const { directory, scale, runs, bundle } = options;
  const source = await startDockerRegistry({ storage: join(directory, "source") });
  try {
    const images = await fillFleet(source.host, describeFleet(REPOSITORIES, scale));
    await writeFile(join(directory, "selection.yaml"), selectionOf(source.host, images));
    const exporting = await measureExport({ source: source.host, directory, runs, bundle }, images);
    const importing = await measureImport({ source: source.host, directory, runs, bundle }, images);
    return [...exporting, ...importing];
  } finally {
    await source.close();
  }
}

interface Work {
  readonly source: string;
  readonly directory: string;
  readonly runs: number;
  readonly bundle: readonly string[];
}

async function measureExport(work: Work, images: readonly FleetImage[]): Promise<readonly Row[]> {
  const { source, directory, runs, bundle } = work;
  const curl = join(directory, "curl");
  await prepareCurlExport(curl, source, images);
  const copies = images.map(({ repository, tag }) => {
    const name = `${repository.replaceAll("/", "-")}-${tag}`;
    return `"$0" copy -q --all --src-tls-verify=false docker://${source}/${repository}:${tag} oci:layout:${name}`;
  });
  const copyAll = async (): Promise<Measured> => await runScript(directory, peerFile("skopeo"), copies);
  const exportAll = async (): Promise<Measured> => await measure([...bundle, ...EXPORT], { cwd: directory });
  const series = await runInTurn({
    ours: {
      runs,
      run: async () => {
        await rm(join(directory, "cache"), { recursive: true, force: true });
        await rm(join(directory, "out.tar"), { force: true });
        return await exportAll();
      },
    },
    curl: { runs, run: async () => await measure(["bash", CURL_EXPORT], { cwd: curl }) },
    skopeo: { runs: 1, run: copyAll },
  });
  const again = await runInTurn({ ours: { runs, run: exportAll }, skopeo: { runs: 1, run: copyAll } });
  const size = sizeOf(images);
  const file = await stat(join(directory, "out.tar"));
  const { ours, curl: theirs, skopeo } = series;
  const what = "export, 96 tags, loopback";
  return [
    atMost({ what, against: "curl -Z" }, [ours, theirs], 1.5),
    atLeast({ what, against: "skopeo copy, tag by tag" }, [ours, skopeo], 8),
    compare({ what: "bytes on disk", against: "unique bytes" }, file.blocks * 512, size, "bytes", 1.01),
    compare(
      { what: "bytes written", against: "unique bytes", note: "wchar, with the cache and the journal" },
      Math.min(...ours.runs.map(({ written }) => written)),
      size,
      "bytes",
      1.01,
    ),
    atLeast({ what: "export again", against: "skopeo copy again" }, [again.ours, again.skopeo], 15),
  ];
}

async function measureImport(work: Work, images: readonly FleetImage[]): Promise<readonly Row[]> {
  const { directory, runs, bundle } = work;
  const content = join(directory, "curl", "blobs");
  /** Each run has a registry of its own, which is empty. */
  const withTarget = async (run: (host: string) => Promise<Measured>): Promise<Measured> => {
    const storage = join(directory, "target");
    await mkdir(storage, { recursive: true });
    const target = await startDockerRegistry({ storage });
    try {
      return await run(target.host);
    } finally {
      await target.close();
      await rm(storage, { recursive: true });
    }
  };
  const copiesTo = (host: string): readonly string[] =>
    images.map(({ repository, tag }) => {
      const name = `${repository.replaceAll("/", "-")}-${tag}`;
      return `"$0" copy -q --all --dest-tls-verify=false oci:layout:${name} docker://${host}/${repository}:${tag}`;
    });
  const importTo = async (host: string): Promise<Measured> =>
    await measure([...bundle, "import", "out.tar", "--to", host, "--json", "--quiet"], { cwd: directory });
  let again: { readonly ours: Measured; readonly skopeo: Measured } | undefined;
  const { ours, curl, skopeo } = await runInTurn({
    ours: { runs, run: async () => await withTarget(importTo) },
    curl: {
      runs,
      run: async () =>
        await withTarget(async (host) => {
          const cwd = join(directory, "curl-import");
          await prepareCurlImport(cwd, host, { images, content });
          return await measure(["bash", CURL_IMPORT], { cwd });
        }),
    },
    skopeo: {
      runs: 1,
      run: async () =>
        await withTarget(async (host) => {
          const first = await runScript(directory, peerFile("skopeo"), copiesTo(host));
          again = {
            ours: await importTo(host),
            skopeo: await runScript(directory, peerFile("skopeo"), copiesTo(host)),
          };
          return first;
        }),
    },
  });
  const what = "import, 96 tags, loopback";
  const rows = [
    atMost({ what, against: "curl -Z" }, [ours, curl], 1.5),
    atLeast({ what, against: "skopeo copy, tag by tag" }, [ours, skopeo], 4),
  ];
  if (again === undefined) return rows;
  const [oursAgain, theirsAgain] = [again.ours, again.skopeo].map((run) => ({
    runs: [run],
    seconds: run.seconds,
    peakMemory: run.peakMemory,
  }));
  if (oursAgain === undefined || theirsAgain === undefined) return rows;
  return [
    ...rows,
    atLeast({ what: "import again", against: "skopeo copy again" }, [oursAgain, theirsAgain], 15),
  ];
}

const EXPORT = [
  ...["export", "-c", "selection.yaml", "-o", "out.tar", "--platform", "all"],
  ...["--cache-dir", "cache", "--json", "--quiet"],
];

async function runScript(cwd: string, program: string, lines: readonly string[]): Promise<Measured> {
  await writeFile(join(cwd, "script.sh"), ["set -e", ...lines].join("\n"));
  return await measure(["bash", "-c", ". ./script.sh", program], { cwd });
}

/** JSON is YAML. */
function selectionOf(registry: string, images: readonly FleetImage[]): string {
  const repositories = [...new Set(images.map(({ repository }) => repository))];
  const mappings = repositories.map((from) => ({ from, to: from, tags: [`regex: ^${SELECTED_TAGS}$`] }));
  const task = { name: "fleet", source: { registry }, target: { registry: "registry.internal" }, mappings };
  return JSON.stringify({ relay: "skopeo", tasks: [task] });
}
