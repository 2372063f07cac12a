import { type BundleError, changeError } from "../error.ts";
import type { ImportTarget } from "./plan-import.ts";

type Place = Pick<ImportTarget, "registry" | "repository">;

/** Repositories and registries that take nothing more: what is found out once is not asked again for every image. */
export interface PushStops {
  /** Keeps an error that says so of this repository, or of its registry; others concern one thing only. */
  note(place: Place, error: BundleError): void;
  /** Nothing more goes to this repository; nor to its registry, if the error says so. */
  stop(place: Place, error: BundleError): void;
  /** Why nothing more goes there; undefined if nothing is known against it. */
  find(place: Place): BundleError | undefined;
}

/** Nothing is known against any place. */
export function createPushStops(): PushStops {
  const registries = new Map<string, BundleError>();
  const repositories = new Map<string, BundleError>();
  const stop: PushStops["stop"] = ({ registry, repository }, error) => {
    if (error.stops === "registry") registries.set(registry, ofRegistry(registry, error));
    else repositories.set(`${registry}/${repository}`, error);
  };
  return {
    stop,
    note(place, error) {
      if (error.stops !== undefined) stop(place, error);
    },
    find: ({ registry, repository }) =>
      registries.get(registry) ?? repositories.get(`${registry}/${repository}`),
  };
}

/** The reason alone: what was pushed when it was found out is not what others are about. */
function ofRegistry(registry: string, error: BundleError): BundleError {
  const colon = error.message.indexOf(": ");
  const reason = colon < 0 ? error.message : error.message.slice(colon + 2);
  return changeError(error, { message: `Cannot push to ${registry}: ${reason}` });
}
