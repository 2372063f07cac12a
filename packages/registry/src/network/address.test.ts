import { expect, test } from "vitest";
import { isBlockedAddress, isBlockedName, isLoopbackAddress } from "./address.ts";

test.each([
  "169.254.169.254",
  "169.254.0.1",
  "0.0.0.0",
  "0.1.2.3",
  "224.0.0.1",
  "239.255.255.250",
  "255.255.255.255",
  "100.100.100.200",
  "::",
  "[::]",
  "fe80::1",
  "fe80::1%eth0",
  "[fe80::1]",
  "febf::1",
  "ff02::1",
  "fd00:ec2::254",
  "::ffff:169.254.169.254",
  "[::ffff:a9fe:a9fe]",
  "64:ff9b::169.254.169.254",
  "64:ff9b::a9fe:a9fe",
])("isBlockedAddress(%j) is true", (address) => {
  expect(isBlockedAddress(address)).toBe(true);
});

test.each([
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "100.100.100.201",
  "169.253.255.255",
  "8.8.8.8",
  "fd00::1",
  "fc00::1",
  "2001:db8::1",
  "64:ff9b::10.0.0.1",
  "127.0.0.1",
  "::1",
  "r.io",
  "",
])("isBlockedAddress(%j) is false", (address) => {
  expect(isBlockedAddress(address)).toBe(false);
});

test.each([
  ["2852039166", true],
  ["0xa9fea9fe", true],
  ["0251.0376.0251.0376", true],
  ["169.254.43518", true],
  ["１６９.254.169.254", true],
  ["[::ffff:169.254.169.254]", true],
  ["167772161", false],
])("isBlockedAddress() of the host that a URL makes of %j is %s", (host, expected) => {
  expect(isBlockedAddress(new URL(`http://${host}/`).hostname)).toBe(expected);
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["[::1]", true],
  ["::ffff:127.0.0.1", true],
  ["64:ff9b::7f00:1", true],
  ["128.0.0.1", false],
  ["localhost", false],
])("isLoopbackAddress(%j) is %s", (address, expected) => {
  expect(isLoopbackAddress(address)).toBe(expected);
});

test.each([
  ["metadata.google.internal", true],
  ["Metadata.Google.Internal.", true],
  ["metadata.google.internal.evil.io", false],
  ["r.io", false],
])("isBlockedName(%j) is %s", (name, expected) => {
  expect(isBlockedName(name)).toBe(expected);
});
