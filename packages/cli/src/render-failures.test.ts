import { expect, test } from "vitest";
import { renderFailures } from "./render-failures.ts";

test("renderFailures() says nothing where nothing failed", () => {
  expect(renderFailures([])).toEqual([]);
});

test("renderFailures() shows one failure with its whole message and its hint", () => {
  const lines = renderFailures([
    { name: "a:1", message: "Cannot find h:5/a:1: no such image", hint: "Look" },
  ]);

  expect(lines).toEqual(["", "1 failed:", "  a:1", "    Cannot find h:5/a:1: no such image", "    Look"]);
});

test("renderFailures() tells a common reason once and counts what it does not name", () => {
  const failures = Array.from({ length: 12 }, (_, n) => ({
    name: `a:${n}`,
    message: `Cannot read h:5/a:${n}: it is down`,
    hint: "Wait",
  }));

  const lines = renderFailures([
    ...failures,
    { name: "b:1", message: "Cannot read h:5/b:1: it is gone", hint: "Go" },
  ]);

  expect(lines.filter((line) => line.includes("it is down"))).toEqual(["    it is down"]);
  expect(lines).toContain("  and 2 more: --json has all");
  expect(lines.slice(-2)).toEqual(["    Cannot read h:5/b:1: it is gone", "    Go"]);
});

test("renderFailures() keeps the whole of a message that is the same for all", () => {
  const message = 'Cannot log in to h:5 as "ada" (--authfile): it refuses these credentials';
  const failures = ["a:1", "b:1"].map((name) => ({ name, message, hint: "Log in" }));

  expect(renderFailures(failures)).toEqual([
    "",
    "2 failed:",
    "  a:1",
    "  b:1",
    `    ${message}`,
    "    Log in",
  ]);
});

test("renderFailures() shows what caused a failure on demand", () => {
  const failure = {
    name: "a:1",
    message: "Cannot push a:1: refused",
    hint: "Ask",
    details: ["PUT h answered 403"],
  };

  expect(renderFailures([failure]).join("\n")).not.toContain("403");
  expect(renderFailures([failure], { isVerbose: true }).at(-1)).toBe("    Caused by: PUT h answered 403");
});
