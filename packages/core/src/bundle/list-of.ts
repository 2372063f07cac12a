import * as z from "zod";

/**
 * A list of such items, of which the first wrong one is told and ends the reading. An array of zod's goes on, and what it
 * has to say of millions of wrong items takes more memory than they do.
 */
export function listOf<T>(
  item: z.ZodType<T>,
  maxLength: number = Number.POSITIVE_INFINITY,
): z.ZodType<readonly T[]> {
  return z
    .array(z.unknown())
    .max(maxLength)
    .transform((values, context): readonly T[] => {
      const items: T[] = [];
      for (const [index, value] of values.entries()) {
        const result = item.safeParse(value);
        if (result.success) {
          items.push(result.data);
          continue;
        }
        const [issue] = result.error.issues;
        context.issues.push({
          code: "custom",
          path: [index, ...(issue?.path ?? [])],
          message: issue?.message ?? "not what it must be",
          input: value,
        });
        return z.NEVER;
      }
      return items;
    });
}
