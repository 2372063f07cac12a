import { mapConcurrent } from "../map-concurrent.ts";
import { isImageFailure } from "./failures.ts";
import type { PlannedImport } from "./plan-import.ts";
import type { PushOptions } from "./push-images.ts";

/**
 * Asks every repository to which images go whether it may be written, before anything is sent, and notes those that may
 * not among the stops. A registry that takes no pushes at all is asked no further.
 *
 * @throws what concerns more than one repository
 */
export async function checkAccess(imports: readonly PlannedImport[], options: PushOptions): Promise<void> {
  const { openRepository, stops, jobs, onEvent, signal } = options;
  const groups = [
    ...Map.groupBy(imports, ({ target }) => `${target.registry}/${target.repository}`).values(),
  ];
  onEvent?.({ kind: "phase", phase: "preflight", total: groups.length });
  await mapConcurrent(
    groups.flatMap(([first]) => first ?? []),
    async (planned, jobSignal) => {
      const { target } = planned;
      try {
        if (stops.find(target) === undefined) await openRepository(planned).checkPush({ signal: jobSignal });
      } catch (error) {
        jobSignal.throwIfAborted();
        if (!isImageFailure(error)) throw error;
        stops.stop(target, error);
      }
      onEvent?.({ kind: "step", phase: "preflight" });
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
}
