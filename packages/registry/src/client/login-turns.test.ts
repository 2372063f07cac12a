import { BundleError, type ErrorCode } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import type { Credentials } from "../credentials/credentials.ts";
import { createLoginTurns, type LoginTurns } from "./login-turns.ts";

const ADA: Credentials = { kind: "password", username: "ada", password: "secret", origin: "the test" };

/** Takes turns; each begins to be used in the order of `begun`. */
function takeAll(
  turns: LoginTurns,
  use: (number: number) => Promise<void>,
  begun: number[],
): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(
    Array.from({ length: 5 }, async (_, number) => {
      const turn = await turns.take(ADA);
      begun.push(number);
      try {
        await use(number);
      } catch (error) {
        turn.fail(error);
        throw error;
      } finally {
        turn.end();
      }
    }),
  );
}

test("createLoginTurns() lets one after the other go where it is not the server that fails", async () => {
  const begun: number[] = [];
  let atOnce = 0;
  let most = 0;

  const results = await takeAll(
    createLoginTurns("r.io"),
    async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      atOnce -= 1;
      throw new BundleError("REGISTRY_FAILED", "Cannot get a token: it answers 404");
    },
    begun,
  );

  expect({ begun, most }).toEqual({ begun: [0, 1, 2, 3, 4], most: 1 });
  expect(results.every(({ status }) => status === "rejected")).toBe(true);
});

test.each<ErrorCode>(["CONNECTION_FAILED", "TLS_FAILED", "UNAVAILABLE"])(
  "createLoginTurns() fails all that wait where nobody is there to look at credentials: %s",
  async (code) => {
    const begun: number[] = [];
    const turns = createLoginTurns("r.io");
    const failure = new BundleError(code, "Cannot get a token: 503", { retryAfterMs: 9, isHeldBack: true });

    const results = await takeAll(
      turns,
      async () => {
        await Promise.resolve();
        throw failure;
      },
      begun,
    );

    expect(begun).toEqual([0]);
    for (const result of results.slice(1)) {
      expect(result).toMatchObject({ reason: { code, cause: failure, retryAfterMs: 9, isHeldBack: true } });
      expect(result).toMatchObject({
        reason: {
          message: `Cannot log in to r.io as "ada" (the test): the request before this one failed: ${failure.message}`,
        },
      });
    }
    // Nobody is locked out by it.
    (await turns.take(ADA)).end();
  },
);

test("createLoginTurns() lets all go at once when credentials were taken", async () => {
  const begun: number[] = [];
  const turns = createLoginTurns("r.io");

  await takeAll(
    turns,
    async (number) => {
      if (number === 0) turns.release(ADA);
      await new Promise((resolve) => void setTimeout(resolve, 1));
      expect(begun).toEqual([0, 1, 2, 3, 4]);
    },
    begun,
  ).then((results) => {
    expect(results.map(({ status }) => status)).toEqual(Array(5).fill("fulfilled"));
  });
});
