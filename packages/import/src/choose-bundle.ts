import { BundleError } from "@airgap-bundle/core";

/** The one file among the arguments. @throws `USAGE` if there are several: bundles of one volume do not belong together; for stdin */
export function chooseBundle(paths: readonly string[]): string {
  const [path, second] = paths;
  if (path === "-") {
    throw new BundleError("USAGE", "Cannot read a bundle from stdin: it is not read from front to back", {
      hint: "Save it first: cat > FILE.tar",
    });
  }
  if (path !== undefined && second === undefined) return path;
  throw new BundleError("USAGE", `Cannot take ${paths.length} files: each bundle is one file of its own`, {
    hint: "Run the command once for each of them",
  });
}
