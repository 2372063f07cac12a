import type { ErrorCode } from "./error.ts";
import type { SelectionWarningCode } from "./selection/note.ts";

/** What each warning of a run means, and what to do about it: for programs and for docs/errors.md. */
export const WARNING_CODES = {
  AUTH_ENTRY_MALFORMED: {
    meaning: "An entry of a credentials file is neither a login nor a token, and is passed over",
    action: "Log in anew with docker login or podman login",
  },
  AUTH_FILE_EXPOSED: {
    meaning: "Others than its owner may read a credentials file",
    action: "chmod 600 it",
  },
  AUTH_FILE_UNREADABLE: {
    meaning: "A credentials file may not be read by this user, and is passed over",
    action: "Give this user the right to read it, or name another one with --authfile",
  },
  CACHE_IN_USE: {
    meaning: "Another process works with the same cache: that is safe, but both may fetch the same manifests",
    action: "Start it when the other one has ended where pulls are few, or name another one with --cache-dir",
  },
  CREDENTIALS_WITHOUT_TLS: {
    meaning: "A password or token is sent over a connection that others can read",
    action: "Have the registry use TLS",
  },
  CREDENTIAL_HELPER_FAILED: {
    meaning: "A credential helper gave no answer; the registry is used without it",
    action: "Run docker-credential-NAME get by hand, or take it out of the file",
  },
  DIGEST_MISNAMED: {
    meaning: "The registry names another digest than its content has; that of the content counts",
    action: "Tell who runs the registry",
  },
  INDEX_REFERRERS: {
    meaning:
      "Signatures of whole indexes, if there are any, stay behind, since only a part of the index is carried",
    action: "Choose the platform all if they are needed inside",
  },
  LAYER_LEFT_OUT: {
    meaning:
      "An image is carried without a layer that may not be passed on and that the registry does not have",
    action: "Bring that layer to where the image runs, and let the target accept a manifest without it",
  },
  LINK_FOREIGN: {
    meaning: "A registry behind a proxy names another host for the next page; its own is used",
    action: "Have its external URL set right",
  },
  LISTING_CUT: {
    meaning: "A listing of repositories ended at its limit: there may be more",
    action: "Raise lister.maxItems in the selection",
  },
  NOTHING_SELECTED: {
    meaning: "A filter, or a pattern of repositories, matches nothing",
    action: "See which rule drops what with bundle explain",
  },
  PARTIAL_DROPPED: {
    meaning:
      "What an earlier run had fetched of layers is not used: it is damaged, there is no room for it, or the bundle is whole without it",
    action: "Nothing: what is needed is fetched again",
  },
  PLATFORM_MISMATCH: {
    meaning: "A single image is for another platform than was asked for, and is taken as it is",
    action: "Check that it runs inside",
  },
  REFERRERS_UNKNOWN: {
    meaning: "It could not be found out whether an image has signatures, or not all of them can be had",
    action: "Act on the reason that is named, or use --no-referrers if you need none",
  },
  REGISTRY_ADDRESS: {
    meaning: "A registry names a wrong address of its own for uploads; the right one is used",
    action: "Have its external URL set, or its proxy send X-Forwarded-Proto",
  },
  REGISTRY_WARNING: {
    meaning: "A registry's own words in a Warning header",
    action: "Read them",
  },
  REPOSITORIES_INCOMPLETE: {
    meaning: "A registry's list of repositories goes round in a circle: there may be more repositories",
    action: "Name the repositories that you need in mappings of their own",
  },
  REPOSITORY_MALFORMED: {
    meaning: "A registry lists names that are no repository names; they are left out",
    action: "Name what you miss in a mapping of its own",
  },
  TAGS_INCOMPLETE: {
    meaning: "A registry's list of tags goes round in a circle: there may be more tags",
    action: "Name the tags that you need",
  },
  TAGS_MALFORMED: {
    meaning: "A registry lists names that are no tags, as Artifactory does; they are left out",
    action: "Nothing, unless a tag is missing",
  },
  TAG_GONE: {
    meaning: "A tag was listed and is not there any more; it is left out",
    action: "Run it again; name the tag if it must be there",
  },
} as const;

/** What a warning is about: something of the run, of the selection, or an error that stops nothing. */
export type WarningCode = keyof typeof WARNING_CODES | SelectionWarningCode | ErrorCode;
