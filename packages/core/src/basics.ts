/**
 * The second entry of core: what every command needs before its work begins, and all that `bundle config` needs. It is in
 * the first entry too, which loads everything else with it, and that takes as long as node's own start.
 */
export { closeAfter } from "./close-after.ts";
export { BundleError, describeCauses, type Problem, toBundleError } from "./error.ts";
export { describeFileError, isNoSpace } from "./file-error.ts";
export { nearestName } from "./nearest-name.ts";
export { isRegistryHost, maskUserInfo, normalizeRegistry } from "./reference.ts";
export { parseSelection } from "./selection/parse-selection.ts";
export { platformsOf } from "./selection/selection.ts";
