import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BundleError } from "@airgap-bundle/core";
import { Args, Config, Flags } from "@oclif/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BundleCommand, type SharedOptions } from "./base-command.ts";
import { exitCodeOf } from "./exit-codes.ts";

interface ProbeJson {
  readonly images: number;
}

let seen: SharedOptions | undefined;
let work: (options: SharedOptions) => unknown = () => undefined;

class ProbeCommand extends BundleCommand {
  static override flags = {
    config: Flags.string({ char: "c", required: true }),
    platform: Flags.string({
      parse: async (value) => {
        if (value === "amd64") throw new BundleError("PLATFORM_UNKNOWN", "it has no system");
        return await Promise.resolve(value);
      },
    }),
  };
  static override args = {
    bundle: Args.string({ multiple: true, required: true, ignoreStdin: true, description: "Volumes." }),
  };

  async run(): Promise<ProbeJson> {
    const { flags } = await this.parse(ProbeCommand);
    const options = this.shared(flags);
    seen = options;
    await work(options);
    options.report(["1 image", "  tag: evil\u001b[2J"]);
    return this.finish({ images: 1 }, exitCodeOf(["TOOMANYREQUESTS"]));
  }
}

class TarCommand extends BundleCommand {
  async run(): Promise<ProbeJson> {
    const { flags } = await this.parse(TarCommand);
    this.shared(flags).report(["1 image"]);
    return await Promise.resolve({ images: 1 });
  }

  protected override writeResult(text: string): void {
    process.stderr.write(text);
  }
}

let directory = "";
let stdout = "";
let stderr = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bundle-cli-"));
  stdout = "";
  stderr = "";
  work = () => undefined;
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    stdout += chunk;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    stderr += chunk;
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  await rm(directory, { recursive: true });
});

async function loadConfig(): Promise<Config> {
  return await Config.load({
    root: directory,
    pjson: { name: "airgap-bundle", version: "0.1.0", oclif: { bin: "bundle", dirname: "bundle" } },
  });
}

/** Runs the command and resolves to the exit code of its error, or of the process. */
async function run(...argv: string[]): Promise<number | undefined> {
  try {
    await ProbeCommand.run(argv, await loadConfig());
  } catch (error) {
    expect(error).toMatchObject({ code: "EEXIT", oclif: { exit: process.exitCode } });
  }
  return Number(process.exitCode);
}

const ARGUMENTS = ["-c", "a.yaml", "a.tar"];

test("a command prints its text on stdout and ends with the code it chose", async () => {
  const exitCode = await run(...ARGUMENTS);

  expect(stdout).toBe("1 image\n  tag: evil\\u{1b}[2J\n");
  expect(stderr).toBe("");
  expect(exitCode).toBe(4);
});

test("a command prints only its JSON document on stdout with --json", async () => {
  await run(...ARGUMENTS, "--json");

  expect(stdout).toBe('{\n  "images": 1\n}\n');
});

test("shared() gives the defaults", async () => {
  await run(...ARGUMENTS);

  expect(seen).toMatchObject({ jobs: 6, insecureHosts: [], isVerbose: false });
  expect(seen?.cacheDir).toMatch(/\/bundle$/);
  expect(seen).not.toHaveProperty("authFile");
  expect(seen?.signal.aborted).toBe(false);
});

test("shared() gives what the flags say", async () => {
  const flags = ["--authfile=auth.json", "--cache-dir=/c", "--jobs=2", "--verbose"];

  await run(...flags, "--insecure", "a:5000", "--insecure", "b", ...ARGUMENTS);

  expect(seen).toMatchObject({ authFile: "auth.json", cacheDir: "/c", jobs: 2, isVerbose: true });
  expect(seen?.insecureHosts).toEqual(["a:5000", "b"]);
});

test.each(["https://a", "a/b", "a b", "u:secret@a"])(
  "shared() refuses --insecure %j, and does not repeat it",
  async (host) => {
    const exitCode = await run("--insecure", host, ...ARGUMENTS);

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Error: Cannot use --insecure/);
    expect(stderr).not.toContain("secret");
  },
);

test("a command leaves no listener for signals behind", async () => {
  const before = process.listenerCount("SIGTERM");

  await run(...ARGUMENTS);

  expect(process.listenerCount("SIGTERM")).toBe(before);
});

test("a command prints warnings on stderr, and none with --quiet", async () => {
  work = ({ onEvent }) => onEvent({ kind: "warning", code: "TAG_GONE", message: "beware\u0007" });

  await run(...ARGUMENTS);
  expect(stderr).toBe("Warning: beware\\u{7}\n");

  stderr = "";
  await run(...ARGUMENTS, "--quiet");
  expect(stderr).toBe("");
});

test("a command prints an error and its hint, and ends with the code's status", async () => {
  work = () => {
    throw new BundleError("DIGEST_INVALID", "Cannot read a\u001b[2J", { hint: "Copy it again" });
  };

  const exitCode = await run(...ARGUMENTS);

  expect(stdout).toBe("");
  expect(stderr).toBe("Error: Cannot read a\\u{1b}[2J\n  Copy it again\n");
  expect(exitCode).toBe(3);
});

test("a command prints an error document on stdout with --json", async () => {
  const problems = [{ code: "X", message: "wrong", line: 2, column: 3 }];
  work = () => {
    throw new BundleError("SELECTION_INVALID", "Cannot use a.yaml", { hint: "Mend it", problems });
  };

  const exitCode = await run(...ARGUMENTS, "--json");

  expect(JSON.parse(stdout)).toEqual({
    error: { code: "SELECTION_INVALID", message: "Cannot use a.yaml", hint: "Mend it", problems },
  });
  expect(stderr).toBe("Error: Cannot use a.yaml\n  2:3: wrong\n  Mend it\n");
  expect(exitCode).toBe(2);
});

test("a command prints an unexpected error without a stack trace", async () => {
  work = () => {
    throw new TypeError("x is not a function", { cause: new Error("why") });
  };

  const exitCode = await run(...ARGUMENTS, "--verbose");

  expect(stderr).toBe(
    "Error: x is not a function\n  Run it again with --verbose, and report what it says\n  Caused by: Error: why\n",
  );
  expect(exitCode).toBe(1);
});

test("a command that is interrupted says so, whatever error that led to", async () => {
  work = async ({ signal }) => {
    process.emit("SIGTERM");
    expect(signal.aborted).toBe(true);
    await Promise.reject(new BundleError("CONNECTION_FAILED", "socket closed"));
  };

  const exitCode = await run(...ARGUMENTS, "--json");

  expect(stderr).toMatch(/^Stopping after SIGTERM.*\nError: Interrupted by SIGTERM\n/);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "INTERRUPTED" } });
  expect(exitCode).toBe(143);
});

test("a command can send its result elsewhere", async () => {
  await TarCommand.run([], await loadConfig());
  expect([stdout, stderr]).toEqual(["", "1 image\n"]);

  stderr = "";
  await TarCommand.run(["--json"], await loadConfig());
  expect(JSON.parse(stderr)).toEqual({ images: 1 });
});

test.each([
  [["a.tar"], "Missing required flag --config\n  See bundle probecommand --help"],
  [["-c", "a"], "Missing argument BUNDLE\n"],
  [["--confg=secret", "a.tar"], "Unknown flag --confg\n  Did you mean --config? See"],
  [["--password=my, secret", "--verbose", "a.tar"], "Unknown flag --password\n  See"],
  [[...ARGUMENTS, "--frobnicate", "-x"], "Unknown flags --frobnicate, -x\n  See"],
  [[...ARGUMENTS, "--jobs", "0"], "Cannot read --jobs: Expected an integer greater than or equal to 1"],
  [[...ARGUMENTS, "--jobs", "65"], "Cannot read --jobs: Expected an integer less than or equal to 64"],
  [[...ARGUMENTS, "--jobs"], "Flag --jobs expects a value\n"],
  [[...ARGUMENTS, "--quiet", "--verbose"], "Cannot use --quiet together with --verbose\n"],
  [[...ARGUMENTS, "--platform", "amd64"], "Cannot read --platform: it has no system\n"],
])("a command explains the wrong command line %j", async (argv, expected) => {
  const exitCode = await run(...argv, "--json");

  expect(stderr).toContain(`Error: ${expected}`);
  expect(stderr).not.toContain("secret");
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "USAGE" } });
  expect(exitCode).toBe(2);
});
