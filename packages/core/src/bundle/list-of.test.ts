import { expect, test } from "vitest";
import * as z from "zod";
import { listOf } from "./list-of.ts";

test("listOf() looks at no item behind the first wrong one, and tells its place", () => {
  let looks = 0;
  const item = z.object({
    name: z.string().refine((name) => {
      looks += 1;
      return name !== "wrong";
    }, "not a name"),
  });

  const result = listOf(item).safeParse([{ name: "right" }, { name: "wrong" }, { name: "right" }, 1]);

  expect(result.error?.issues).toEqual([
    expect.objectContaining({ path: [1, "name"], message: "not a name" }),
  ]);
  expect(looks).toBe(2);
});

test("listOf() gives the items, and refuses more than are allowed without a look at them", () => {
  const list = listOf(z.int(), 3);

  expect(list.parse([1, 2, 3])).toEqual([1, 2, 3]);
  expect(list.safeParse(["a", "b", "c", "d"]).error?.issues).toEqual([
    expect.objectContaining({ code: "too_big", path: [] }),
  ]);
  expect(list.safeParse({}).success).toBe(false);
});
