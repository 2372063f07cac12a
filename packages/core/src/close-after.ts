/** What is to be closed when it is not needed any more. */
interface Closable {
  close(): Promise<void>;
}

/** Does work with something, and closes that. @throws what the work fails with, else what closing does */
export async function closeAfter<T>(opened: Closable, work: () => Promise<T>): Promise<T> {
  const result = await closeOnFailure(opened, work);
  await opened.close();
  return result;
}

/** As {@link closeAfter}, and leaves it open where the work does not fail. */
export async function closeOnFailure<T>(opened: Closable, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    try {
      await opened.close();
    } catch {
      // Often for the same reason. The first failure is the one that says what was being done.
    }
    throw error;
  }
}
