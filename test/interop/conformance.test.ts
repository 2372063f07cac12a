import { afterAll, beforeAll, expect, test } from "vitest";
import { DISCOVERY_CASES } from "../conformance/discovery.ts";
import { MANAGEMENT_CASES } from "../conformance/management.ts";
import { PULL_CASES } from "../conformance/pull.ts";
import { PUSH_BLOB_CASES } from "../conformance/push-blobs.ts";
import { PUSH_MANIFEST_CASES } from "../conformance/push-manifests.ts";
import { openTalk } from "../conformance/talk.ts";
import { describePeers } from "../peers/describe-peers.ts";
import { type DockerRegistry, startDockerRegistry } from "../peers/docker-registry.ts";

const DIFFERENCES: readonly string[] = [];
const CASES = [
  ...PULL_CASES,
  ...PUSH_BLOB_CASES,
  ...PUSH_MANIFEST_CASES,
  ...DISCOVERY_CASES,
  ...MANAGEMENT_CASES,
];

describePeers(["docker-registry"], "the conformance cases put to docker-registry", () => {
  let registry: DockerRegistry;

  beforeAll(async () => {
    registry = await startDockerRegistry({ canDelete: true });
  });

  afterAll(async () => {
    await registry.close();
  });

  for (const { name, run } of CASES) {
    const isKnown = DIFFERENCES.includes(name);
    test(name, { fails: isKnown }, async () => await run(openTalk(`http://${registry.host}`)));
  }

  test("every difference is a case", () => {
    const names = CASES.map(({ name }) => name);

    expect(DIFFERENCES.filter((name) => !names.includes(name))).toEqual([]);
  });
});
