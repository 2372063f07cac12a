import { expect, test } from "vitest";
import type { Purpose } from "./answer-error.ts";
import { explainRefusal } from "./refusals.ts";
import { readWords } from "./registry-words.ts";

/** What docker's registry says of its storage beside words. */
function enclose(number: number): unknown {
  return { DriverName: "filesystem", Enclosed: { Op: "write", Path: "/r/startedat", Err: number } };
}

function explain(purpose: Purpose, detail: unknown): ReturnType<typeof explainRefusal> {
  const body = JSON.stringify({ errors: [{ code: "UNKNOWN", message: "unknown error", detail }] });
  const { codes, message = "" } = readWords(body);
  return explainRefusal({ purpose, status: 500, codes, message });
}

test.each<[string, Purpose, unknown]>([
  ["in words", "send-blob", "write /var/lib/registry/a/data: no space left on device"],
  ["as the number of ENOSPC", "start-upload", enclose(28)],
  ["as the number of EDQUOT", "push-manifest", enclose(122)],
])("a full disk of docker's registry, %s, stops all that goes there", (_what, purpose, detail) => {
  expect(explain(purpose, detail)).toMatchObject({
    says: "the registry has no room left",
    code: "REGISTRY_FAILED",
    stops: "registry",
  });
});

test("another error of its storage is a failure that may pass", () => {
  expect(explain("start-upload", enclose(5))).toBeUndefined();
});
