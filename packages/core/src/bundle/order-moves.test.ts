import { expect, test } from "vitest";
import { orderMoves } from "./order-moves.ts";

const COUNT = 50_000;

test(`orderMoves() orders ${COUNT} layers that one more image shifts, the last one first`, {
  timeout: 5000,
}, () => {
  const moves = Array.from({ length: COUNT }, (_, position) => ({
    from: position * 1000,
    to: position * 1000 + 500,
    size: 1000,
  }));

  const steps = orderMoves(moves, { scratch: COUNT * 1000 + 500 });

  expect(steps.map(({ move }) => move)).toEqual(moves.toReversed());
});

test("orderMoves() parks the smallest of a circle, and nothing that only waits for it", () => {
  const small = { from: 500, to: 0, size: 10 };
  const large = { from: 0, to: 500, size: 500 };
  const waiting = { from: 2000, to: 505, size: 1 };

  const steps = orderMoves([waiting, large, small], { scratch: 3000 });

  expect(steps[0]).toEqual({ move: small, from: 500, to: 3000 });
  expect(steps.slice(1)).toContainEqual({ move: small, from: 3000, to: 0 });
  expect(steps).toHaveLength(4);
});

test("orderMoves() parks one after the other in the same place", () => {
  const count = 1000;
  const reversed = Array.from({ length: count }, (_, position) => ({
    from: position * 10,
    to: (count - 1 - position) * 10,
    size: 10,
  }));

  const steps = orderMoves(reversed, { scratch: count * 10 });

  expect(Math.max(...steps.map(({ move, to }) => to + move.size))).toBe((count + 1) * 10);
});

test("orderMoves() parks what is less wanted, however large it is", () => {
  const small = { from: 500, to: 0, size: 10 };
  const large = { from: 0, to: 500, size: 500 };

  const [first] = orderMoves([large, small], { scratch: 3000, isLessWanted: (move) => move === large });

  expect(first).toEqual({ move: large, from: 0, to: 3000 });
});
