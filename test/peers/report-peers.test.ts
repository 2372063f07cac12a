import { afterEach, expect, test, vi } from "vitest";
import { setup } from "./report-peers.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("setup() names each peer that is absent, and how to get it", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.stubEnv("CI", "");
  vi.stubEnv("PATH", "");

  setup();

  const lines = write.mock.calls.map(([line]) => line);
  expect(lines).toContain("skipped: interoperability with skopeo (not installed; apt-get install skopeo)\n");
});

test("setup() fails where nothing may be skipped", () => {
  vi.stubEnv("CI", "true");
  vi.stubEnv("PATH", "");

  expect(setup).toThrow(/not installed: .*skopeo \(apt-get install skopeo\), podman/);
});
