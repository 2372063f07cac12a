import { BundleError } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import type { Call } from "./call.ts";
import { type Send, waitForFirstContact } from "./first-contact.ts";

function callOf(what: string): Call {
  return { method: "GET", url: "/", scopes: [], expected: [200], what };
}

/** Sends by failing with this error, as often as it is asked. */
function failing(error: Error): { readonly send: Send; readonly sent: string[] } {
  const sent: string[] = [];
  const send: Send = async ({ what }) => {
    sent.push(what);
    throw error;
  };
  return { send: waitForFirstContact(send), sent };
}

test.each(["CONNECTION_FAILED", "TLS_FAILED"] as const)(
  "waitForFirstContact() sends nothing more after %s at first, and says why for each request",
  async (code) => {
    const cause = new BundleError(code, "Cannot list tags of r.io/a: no route", {
      hint: "Check the network",
    });
    const { send, sent } = failing(cause);

    const results = await Promise.allSettled(
      ["list tags of r.io/a", "list tags of r.io/b"].map(callOf).map(send),
    );
    const third = send(callOf("resolve r.io/c:1"));

    expect(results).toMatchObject([
      { reason: cause },
      { reason: { code, message: "Cannot list tags of r.io/b: no route" } },
    ]);
    await expect(third).rejects.toMatchObject({
      code,
      message: "Cannot resolve r.io/c:1: no route",
      hint: "Check the network",
      cause,
    });
    expect(sent).toEqual(["list tags of r.io/a"]);
  },
);

test("waitForFirstContact() tells of a token server that is not reached as it is", async () => {
  const cause = new BundleError("CONNECTION_FAILED", "Cannot get a token for r.io from auth.io: no route");
  const { send } = failing(cause);

  const results = await Promise.allSettled(["a", "b"].map(callOf).map(send));

  expect(results).toMatchObject([{ reason: cause }, { reason: cause }]);
});

test("waitForFirstContact() goes on after any other failure", async () => {
  const { send, sent } = failing(new BundleError("DENIED", "Cannot list tags: denied"));

  const results = await Promise.allSettled(["a", "b", "c"].map(callOf).map(send));

  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(sent).toEqual(["a", "b", "c"]);
});
