import { expect, test } from "vitest";
import { PASSWORD, USER, useLogins, WRONG } from "../../../../test/support/logins.ts";
import type { FindOptions } from "../credentials/credentials.ts";
import { createRegistryPool, type RegistrySettings } from "./registry-pool.ts";

const { closeAfterTest, serve } = useLogins();

type Asked = readonly [place: string, options: FindOptions | undefined];

/** What is asked of whoever knows credentials when a registry wants a password. */
async function askedWith(settings: RegistrySettings): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const pool = createRegistryPool({
    userAgent: "test/1",
    insecureHosts: [],
    findCredentials: async (registry, repository, options) => {
      asked.push([`${registry}/${repository}`, options]);
      return asked.some(([, { refused } = {}]) => refused === WRONG) ? PASSWORD : WRONG;
    },
  });
  closeAfterTest(pool);
  const { name } = await serve({ auth: { kind: "basic", ...USER } });
  await pool.open(name, settings).openRepository("team/app").resolve("7");
  return asked.map(([place, options]) => [place.replace(name, "HOST"), options]);
}

test("createRegistryPool() looks for credentials by host and repository, and again when they are refused", async () => {
  expect(await askedWith({})).toEqual([
    ["HOST/team/app", {}],
    ["HOST/team/app", { refused: WRONG }],
    ["HOST/team/app", {}],
  ]);
});

test("createRegistryPool() asks the helper of ECR where the selection says auth-refresh", async () => {
  const asked = await askedWith({ authRefresh: true });

  expect(asked[0]).toEqual(["HOST/team/app", { helper: "ecr-login" }]);
});

test("createRegistryPool() looks nowhere else where the selection has credentials", async () => {
  const credentials = { username: USER.username, password: USER.password };

  expect(await askedWith({ auth: { kind: "inline", credentials }, authRefresh: true })).toEqual([]);
});
