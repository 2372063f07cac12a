import { expect, test } from "vitest";
import { createTransferRate } from "./transfer-rate.ts";

test("createTransferRate() says nothing in the first second", () => {
  let now = 0;
  const rate = createTransferRate(() => now);

  rate.add(1000);
  now = 999;

  expect(rate.perSecond()).toBeUndefined();
});

test("createTransferRate() gives the rate of the last ten seconds", () => {
  let now = 0;
  const rate = createTransferRate(() => now);
  for (; now < 20_000; now += 100) rate.add(100);
  for (; now < 40_000; now += 100) rate.add(500);

  expect(rate.perSecond()).toBeCloseTo(5000, -2);
});

test("createTransferRate() goes down to nothing when nothing moves, and not below", () => {
  let now = 0;
  const rate = createTransferRate(() => now);
  for (; now < 5000; now += 100) rate.add(100);
  for (; now < 20_000; now += 100) rate.perSecond();
  expect(rate.perSecond()).toBe(0);

  rate.add(-5000);
  now += 500;
  expect(rate.perSecond()).toBe(0);
});
