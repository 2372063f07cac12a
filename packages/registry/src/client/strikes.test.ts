import { BundleError } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { createStrikes } from "./strikes.ts";

const ERROR = new BundleError("UNAUTHORIZED", "Cannot log in", { hint: "Log in" });
const ADA = { kind: "password", username: "ada", password: "x", origin: "the test" } as const;

test("createStrikes() ends it after three refusals in a row, of the same scopes or of the login itself", () => {
  const strikes = createStrikes("r.io");
  const app = { credentials: ADA, scopes: ["repository:app:pull"] };
  const other = { credentials: ADA, scopes: ["repository:other:pull"] };
  const login = { credentials: ADA, scopes: [] };

  for (const refused of [app, app, other, other, app]) strikes.add(refused, ERROR);

  expect(() => strikes.check(app)).toThrow(
    'Cannot use r.io as "ada" (the test): it has refused that 3 times in a row for repository:app:pull',
  );
  expect(() => strikes.check(other)).not.toThrow();
  expect(() => strikes.check({ ...app, credentials: undefined })).not.toThrow();
  for (let count = 0; count < 3; count++) strikes.add(login, ERROR);
  expect(() => strikes.check(other)).toThrow(
    expect.objectContaining({ code: "UNAUTHORIZED", hint: "Log in" }),
  );
});

test("createStrikes() forgets refusals when the same is taken", () => {
  const strikes = createStrikes("r.io");
  const app = { credentials: ADA, scopes: ["repository:app:pull"] };

  for (const refused of [app, app]) strikes.add(refused, ERROR);
  strikes.clear(app);
  for (const refused of [app, app]) strikes.add(refused, ERROR);

  expect(() => strikes.check(app)).not.toThrow();
});
