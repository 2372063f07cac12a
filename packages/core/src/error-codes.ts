/**
 * What each error code means, and what helps where an error itself does not say it better: for programs and for
 * docs/errors.md. The first group is the distribution-spec's own
 * ({@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes}), the rest is ours.
 */
export const ERROR_CODES = {
  BLOB_UNKNOWN: {
    meaning: "The registry does not have a blob that a manifest of it names",
    action: "Push the image to the source again; until then leave this tag out of the selection",
  },
  BLOB_UPLOAD_INVALID: {
    meaning: "The registry broke off or refused the upload of a blob",
    action: "Run it again; if it stays so, look into the log of the registry and of the proxy before it",
  },
  BLOB_UPLOAD_UNKNOWN: {
    meaning: "The registry has lost an upload that had begun",
    action:
      "Run it again; with several instances behind a load balancer, check that they share their secret and storage",
  },
  DENIED: {
    meaning: "The credentials are known and do not allow this",
    action: "Check that these credentials may do this, and that the project exists and has room",
  },
  DIGEST_INVALID: {
    meaning:
      "Content is not what its digest says: it was changed at its source, on the way, or on the medium",
    action: "Run it again; if it stays so, find out what changes content, and do not use it",
  },
  MANIFEST_BLOB_UNKNOWN: {
    meaning: "The registry refuses a manifest because something that it names is not there",
    action: "Run it again: what is missing is sent anew",
  },
  MANIFEST_INVALID: {
    meaning:
      "A manifest is malformed, too large, of an obsolete kind, or of one that the registry does not take",
    action: "Build or push the image again with a current tool, or leave its tag out of the selection",
  },
  MANIFEST_UNKNOWN: {
    meaning: "There is no image of this name, or it has gone meanwhile",
    action: "Check repository and tag in the selection",
  },
  NAME_INVALID: {
    meaning: "The registry refuses the name of a repository",
    action: "Check the name; some registries want a project before it, as in PROJECT/NAME",
  },
  NAME_UNKNOWN: {
    meaning: "There is no repository of this name",
    action:
      "Check the repository's name; in a registry that is pushed to, the project may have to be made first",
  },
  SIZE_INVALID: {
    meaning: "Content has another size than was announced, or is larger than is allowed",
    action: "Run it again; if it stays so, something on the way cuts or changes content",
  },
  TOOMANYREQUESTS: {
    meaning: "The registry grants no more requests for now",
    action: "Wait until the registry's limit is renewed, or log in for a higher one, and run it again",
  },
  UNAUTHORIZED: {
    meaning: "The registry wants credentials, or refuses those that it got",
    action: "Check the credentials and their rights: auth in the selection, docker login, or --authfile",
  },
  UNSUPPORTED: {
    meaning: "The other side does not do what is needed",
    action: "Ask who runs the registry whether this can be turned on",
  },
  // A registry that cannot be reached, is out of order for now, or whose answer makes no sense.
  CONNECTION_FAILED: {
    meaning: "There is no connection to the registry, the proxy or where it redirects to, or it broke off",
    action: "Check the network of this machine, and that the registry is running; then run it again",
  },
  TLS_FAILED: {
    meaning: "The other side's certificate cannot be trusted, or it wants one that was not shown",
    action: "Give the registry's CA in its certs.d directory or in NODE_EXTRA_CA_CERTS",
  },
  UNAVAILABLE: {
    meaning: "The registry is out of order for now",
    action: "Run it again later; if it stays so, ask who runs the registry",
  },
  REGISTRY_FAILED: {
    meaning: "An answer makes no sense or may not be followed: often a proxy's, or a web page's",
    action: "Check that the host is a registry; --verbose shows the request and the answer",
  },
  TAG_EXISTS: {
    meaning: "A tag is there already with other content, and may not change",
    action:
      "Push under another tag, or let it change: with --on-existing-tag overwrite, and in the registry's rules",
  },
  // A selection, a plan.
  PLATFORM_UNKNOWN: {
    meaning: "A platform is malformed, or the image does not have it",
    action: "Write for example linux/amd64, linux/arm/v7 or all",
  },
  REFERENCE_INVALID: {
    meaning: "The name of a registry, repository, tag or digest is malformed",
    action: "Correct the name in the selection",
  },
  SELECTION_INVALID: {
    meaning: "The selection file cannot be used, or selects nothing",
    action: "Correct the places that are named",
  },
  TARGET_CONFLICT: {
    meaning: "Two different images would get the same name at the target",
    action: "Give one of them another to: in the selection",
  },
  TARGET_MISSING: {
    meaning: "Nothing says to which registry an image belongs",
    action: "Name it with --to HOST[/PREFIX]",
  },
  // A bundle, a file.
  BUNDLE_INVALID: {
    meaning: "A file is no bundle, or a damaged one",
    action: "Copy it again from where it was made, and run bundle verify on it",
  },
  BUNDLE_UNSUPPORTED: {
    meaning: "A bundle needs what this version does not know",
    action: "Use the version of bundle that made it, or a newer one",
  },
  FILE_FAILED: {
    meaning: "A file or directory cannot be read or written",
    action: "Check that it exists, who may read and write it, and that the medium is sound",
  },
  NO_SPACE: {
    meaning: "The file system is full, or does not take a file of this size",
    action: "Make room, or write to another file system",
  },
  OUTPUT_EXISTS: {
    meaning: "The output file is there already and is no bundle",
    action: "Name another file, or use --force to overwrite it",
  },
  OUTPUT_IN_USE: {
    meaning: "Another process is writing the output file",
    action: "Wait until that has ended, or name another file with -o",
  },
  // The command itself.
  INTERRUPTED: {
    meaning: "A signal stopped the command",
    action: "Run it again: it goes on where it stopped",
  },
  UNEXPECTED: {
    meaning: "An error that should not happen: a fault in bundle",
    action: "Run it again with --verbose, and report what it says",
  },
  USAGE: {
    meaning: "The command line cannot be used, or a file that it names",
    action: "See bundle --help",
  },
} as const;
