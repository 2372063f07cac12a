import type { Listing, RepositoryList, TransferEvent } from "@airgap-bundle/core";
import { expect, test } from "vitest";
import { useClients } from "../../../../test/support/clients.ts";
import type { RawAnswer } from "../../../../test/support/raw-server.ts";
import { createRegistryPool } from "./registry-pool.ts";

const { closeAfterTest, serveOdd } = useClients();

const PAGE: RawAnswer = { body: JSON.stringify({ results: [{ name: "a" }] }) };

test.each([
  ["429", { status: 429, headers: { "retry-after": "1" } }, 1000, "it asks to slow down (429)"],
  ["503", { status: 503, headers: { "retry-after": "1" } }, 1000, "status 503"],
  ["500", { status: 500 }, 500, "status 500"],
])(
  "Docker Hub's listing waits for a host that answers %s with all that is asked there, and says so",
  async (_status, answer: RawAnswer, waitMs, message) => {
    const times: number[] = [];
    const server = await serveOdd(() => {
      times.push(performance.now());
      return times.length === 1 ? answer : PAGE;
    });
    const told = Promise.withResolvers<void>();
    const events: TransferEvent[] = [];
    const pool = closeAfterTest(
      createRegistryPool({
        userAgent: "test/1",
        findCredentials: async () => undefined,
        mirrors: new Map([["hub.docker.com", { host: server.host, prefix: "" }]]),
        onEvent: (event) => {
          events.push(event);
          told.resolve();
        },
      }),
    );
    const list = async (): Promise<RepositoryList> => {
      const location = { registry: "docker.io", skipTlsVerify: false };
      const listing: Listing = { type: "dockerhub", namespaces: ["library"] };
      return await pool.listRepositories(
        { registry: "docker.io", location, listing, maxRepositories: 9 },
        {},
      );
    };

    const first = list();
    await Promise.race([told.promise, first]);
    const lists = await Promise.all([first, list()]);

    expect(lists.map(({ repositories }) => repositories)).toEqual([["library/a"], ["library/a"]]);
    expect(events).toEqual([{ kind: "retry", host: server.host, waitMs, message }]);
    const [refusedAt = 0, ...later] = times;
    for (const time of later) expect(time - refusedAt).toBeGreaterThan(waitMs - 50);
  },
);
