export { BundleCommand, type SharedOptions } from "./base-command.ts";
export { countOf } from "./count-of.ts";
export {
  type ErrorDocument,
  formatProblem,
  renderError,
  toErrorDocument,
} from "./error-report.ts";
export { EXIT, exitCodeOf, exitCodeOfError, type StopSignal } from "./exit-codes.ts";
export { formatDuration } from "./format-duration.ts";
export { formatSize } from "./format-size.ts";
export { formatTable, type TableOptions } from "./format-table.ts";
export { keepHeapSmall } from "./keep-heap-small.ts";
export {
  type LoadedSelection,
  loadSelection,
  readSelection,
  selectionError,
  tellWarnings,
} from "./load-selection.ts";
export { type OutputFile, prepareOutputFile, writeOutputFile } from "./output-file.ts";
export { type Failure, type RenderOptions, renderFailures } from "./render-failures.ts";
export { sanitizeText } from "./sanitize-text.ts";
export { LOCAL_FLAGS, PUSH_FLAGS, type SharedFlags } from "./shared-flags.ts";
export { toStdoutError } from "./stdout-error.ts";
export { stringifyJson } from "./stringify-json.ts";
