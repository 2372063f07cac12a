import { createHash, timingSafeEqual } from "node:crypto";
import type { ServerUser } from "./options.ts";

/** User name and password of an `Authorization: Basic` header; undefined if it is another. */
export function parseBasic(header: string | undefined): ServerUser | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Are they the same? Takes as long for a wrong password that is nearly right. */
export function areSameCredentials(given: ServerUser, expected: ServerUser): boolean {
  const isUser = isSameText(given.username, expected.username);
  const isPassword = isSameText(given.password, expected.password);
  return isUser && isPassword;
}

function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
