import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

test("test/serve.ts serves an empty registry and says where", async () => {
  const program = spawn(process.execPath, ["--conditions=source", "test/serve.ts", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [url] = await once(createInterface(program.stdout), "line");

    const response = await fetch(`${String(url)}/v2/_catalog`);

    expect(await response.json()).toEqual({ repositories: [] });
  } finally {
    program.kill();
  }
});
