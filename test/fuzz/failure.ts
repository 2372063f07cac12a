import { isBundleError } from "@airgap-bundle/core";

/** What work gave, or the code with which it refused. */
export type Outcome<T> = { readonly value: T } | { readonly code: string };

/** Waits for work that may be refused with one of these codes. @throws whatever else it throws */
export async function failureOf<T>(work: Promise<T>, allowed: ReadonlySet<string>): Promise<Outcome<T>> {
  try {
    return { value: await work };
  } catch (error) {
    if (isBundleError(error) && allowed.has(error.code)) return { code: error.code };
    throw error;
  }
}
