import type { TransferEvent } from "@airgap-bundle/core";
import { describe, expect, test } from "vitest";
import { makeImage } from "../../../../test/support/images.ts";
import { readImage, USER, useLogins } from "../../../../test/support/logins.ts";
import { answerManifest } from "../../../../test/support/manifest-answer.ts";
import type { RawAnswer, RawServer } from "../../../../test/support/raw-server.ts";

const { open, serveOdd } = useLogins();

const MANIFEST = answerManifest(makeImage(["layer"]));

/** A registry that says at its base endpoint alone how to log in, after these answers; takes `isAllowed`. */
async function serveBusy(busy: readonly RawAnswer[], isAllowed: boolean): Promise<RawServer> {
  const left = [...busy];
  return await serveOdd(({ url, headers }) => {
    if (url === "/v2/")
      return left.shift() ?? { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } };
    return isAllowed && headers.authorization !== undefined ? MANIFEST : { status: 401 };
  });
}

describe("a registry whose base endpoint is to say how to log in", () => {
  test.each([
    ["503", { status: 503, body: "busy" }, 500, "busy (status 503)"],
    ["500", { status: 500 }, 500, "status 500"],
    ["429", { status: 429, headers: { "retry-after": "1" } }, 1000, "it asks to slow down (429)"],
  ])(
    "is asked again where that answers %s, when its gate opens",
    async (_status, answer, waitMs, message) => {
      const events: TransferEvent[] = [];
      const server = await serveBusy([answer], true);
      const registry = open(server.host, { credentials: USER, onEvent: (event) => events.push(event) });

      await readImage(registry.openRepository("team/app"));

      expect(events).toEqual([{ kind: "retry", host: server.host, waitMs, message }]);
      expect(server.requests.filter(({ url }) => url === "/v2/")).toHaveLength(2);
    },
  );

  test("is told as overloaded where that stays so", async () => {
    const server = await serveBusy([{ status: 429 }], true);

    await expect(
      readImage(open(server.host, { credentials: USER }).openRepository("team/app")),
    ).rejects.toMatchObject({
      code: "TOOMANYREQUESTS",
      message: `Cannot ask ${server.host} how to log in: status 429`,
    });
  });

  test("is not said to take a login that it refuses while it is too busy to say why", async () => {
    // The first one learns how to log in, the second one would learn whether the password is right.
    const challenge = { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
    const server = await serveBusy([challenge, { status: 503 }], false);
    const repository = open(server.host, { credentials: USER }).openRepository("team/app");

    await expect(readImage(repository)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringMatching(
        /: status 401; asked as "ada" \(the test\) for repository:team\/app:pull$/,
      ),
      hint: expect.not.stringContaining("the login itself is right"),
    });
    expect(server.requests.filter(({ headers }) => headers.authorization !== undefined)).toHaveLength(2);
  });

  test("gets no more of a login that may be wrong than three times, with and without a path", async () => {
    const challenge = { status: 401, headers: { "www-authenticate": "Basic realm=x" } };
    const server = await serveBusy(
      [challenge, ...Array.from({ length: 20 }, () => ({ status: 503 }))],
      false,
    );
    const registry = open(server.host, { credentials: USER });

    for (let number = 1; number <= 8; number++)
      await expect(readImage(registry.openRepository(`team/app${number}`))).rejects.toMatchObject({
        code: "UNAUTHORIZED",
      });

    const sent = server.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(sent.length).toBeLessThanOrEqual(6);
  }, 20_000);
});
