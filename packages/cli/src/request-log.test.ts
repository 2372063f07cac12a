import type { TransferEvent } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { openRequestLog } from "./request-log.ts";

describe("openRequestLog()", () => {
  test.each([{}, { BUNDLE_LOG: "" }])("is silent with %j", (environment) => {
    expect(openRequestLog(environment, () => undefined)).toBeUndefined();
  });

  test("refuses a level that there is not", () => {
    expect(() => openRequestLog({ BUNDLE_LOG: "trace" }, () => undefined)).toThrow(
      /"trace": it is not debug/,
    );
  });

  test.each([
    [{ status: 200, durationMs: 12.3 }, "debug: GET https://r.io/v2/: 200 in 12 ms"],
    [
      { error: "ECONNREFUSED", durationMs: 1, via: "proxy:3128" },
      "debug: GET https://r.io/v2/ via proxy:3128: ECONNREFUSED in 1 ms",
    ],
  ])("tells of %j", (outcome, message) => {
    const events: TransferEvent[] = [];

    openRequestLog(
      { BUNDLE_LOG: "debug" },
      (event) => void events.push(event),
    )?.({
      method: "GET",
      url: "https://r.io/v2/",
      ...outcome,
    });

    expect(events).toEqual([{ kind: "log", message }]);
  });
});
