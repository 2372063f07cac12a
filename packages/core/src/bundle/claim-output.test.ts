import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimOutput } from "./claim-output.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "claim-"));
  path = join(directory, "out.tar");
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A claim whose file says this of its process beside what this one's says. */
async function leaveClaim(content: Readonly<Record<string, unknown>>): Promise<void> {
  const release = await claimOutput(path);
  const own = JSON.parse(await readFile(`${path}.lock`, "utf8")) as object;
  await release();
  await writeFile(`${path}.lock`, JSON.stringify({ ...own, ...content }));
}

const REMOVE = expect.stringContaining("if it is no longer running there, remove");

test.each([
  [
    "another container",
    { space: "pid:[1]" },
    `process 1 of another container, called ${hostname()},`,
    REMOVE,
  ],
  ["another machine", { host: "elsewhere.example" }, "process 1 on elsewhere.example", REMOVE],
])(
  "row 108: claimOutput() names the file to remove where a process of %s may be gone",
  async (_what, content, holder, hint) => {
    await leaveClaim({ pid: 1, ...content });

    await expect(claimOutput(path)).rejects.toMatchObject({
      code: "OUTPUT_IN_USE",
      message: expect.stringContaining(`${holder} is writing it`),
      hint,
    });
  },
);

test("row 108: claimOutput() advises nobody to take a claim away from a process that runs", async () => {
  const release = await claimOutput(path);

  await expect(claimOutput(path)).rejects.toMatchObject({
    message: expect.stringContaining(`process ${process.pid} on this machine`),
    hint: "Wait until it has ended, or choose another name with -o",
  });
  await release();
});

test("row 108: claimOutput() names the file to remove where that is no claim", async () => {
  await writeFile(`${path}.lock`, "my notes");

  await expect(claimOutput(path)).rejects.toMatchObject({
    code: "OUTPUT_IN_USE",
    message: `Cannot write ${path}: ${path}.lock is there, and does not say who is writing it`,
    hint: expect.stringContaining(`If nobody is, move ${path}.lock away`),
  });
  expect(await readFile(`${path}.lock`, "utf8")).toBe("my notes");
});

test("claimOutput() names the file that is wanted where nothing can be written", async () => {
  // A name that is as long as names may be has no room for what is beside it.
  const long = join(directory, "x".repeat(253));

  await expect(claimOutput(long)).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: `Cannot write ${long}: its name is too long`,
    hint: expect.stringContaining("another place with -o"),
  });
});
