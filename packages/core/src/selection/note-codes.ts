/** Why a selection cannot be used, and what to do: for programs and for docs/errors.md. */
export const SELECTION_PROBLEMS = {
  AUTH_INVALID: { meaning: "auth has none of its forms", action: "See docs/credentials.md" },
  AUTH_REFRESH_INVALID: {
    meaning: "auth-refresh stands at a registry that is not Amazon's",
    action: "Take it out",
  },
  FROM_INVALID: { meaning: "The pattern of from: regex: is no RE2 pattern", action: "Correct it" },
  FROM_MISSING: { meaning: "A mapping names no repository", action: "Give it a from" },
  INTERVAL_INVALID: {
    meaning: "An interval is negative or below dregsy's 30 seconds",
    action: "Take it out",
  },
  LISTER_INVALID: {
    meaning: "A lister has no type that there is, or lacks its search",
    action: "Correct it",
  },
  MAPPING_MISSING: { meaning: "An item of mappings is empty", action: "Take it out" },
  NAME_MISSING: { meaning: "A task has no name", action: "Give it one" },
  PLACEHOLDER: {
    meaning: "A placeholder such as {Token} was left in the file",
    action: "Put in what it stands for",
  },
  PLATFORMS_INVALID: {
    meaning: "platforms is no list of platforms, or stands beside platform",
    action: "Write for example platforms: [linux/amd64, linux/arm64]",
  },
  REGISTRY_MISSING: { meaning: "A source or target names no registry", action: "Name it" },
  RELAY_INVALID: {
    meaning: "relay is neither docker nor skopeo, or does not fit to other keys",
    action: "Take it out",
  },
  SELECTION_TOO_LARGE: {
    meaning: "The file is larger, deeper or more entangled than is read",
    action: "Split it",
  },
  SOURCE_MISSING: { meaning: "A task has no source", action: "Give it one" },
  TAGS_INVALID: { meaning: "An item of tags is no filter that can be used", action: "See docs/selection.md" },
  TASK_MISSING: { meaning: "An item of tasks is empty", action: "Take it out" },
  TO_INVALID: {
    meaning: "to: regex: lacks its comma, or its pattern is no RE2 pattern",
    action: "Correct it",
  },
  TYPE_INVALID: {
    meaning: "A value is of another kind than its key wants",
    action: "Correct it; quotes help",
  },
  YAML_INVALID: { meaning: "The file is no YAML", action: "Correct it at the place that is named" },
} as const;

/** What is worth a second look in a selection that can be used, and what to do. */
export const SELECTION_WARNINGS = {
  ALTERNATION_UNGROUPED: {
    meaning: "The ends of a pattern bind only the first and last alternative, as in dregsy",
    action: "Put the alternatives in parentheses",
  },
  AUTH_WITHOUT_CREDENTIALS: {
    meaning: "auth holds no user name and password; the registry is used without",
    action: "Write none if that is meant",
  },
  DOCUMENT_IGNORED: { meaning: "Only the first document of the file is read", action: "Use a file for each" },
  FROM_BLANK: {
    meaning: "A blank belongs to the pattern of from: regex:, as in dregsy, and matches nothing",
    action: "Write regex:PATTERN without it",
  },
  KEEP_LATEST_UNREAD: {
    meaning: "keep: latest N is written so that it is a pattern",
    action: "Write keep: latest N",
  },
  KEEP_NESTED: {
    meaning: "keep: takes a pattern, no other kind of filter",
    action: "Write the pattern alone",
  },
  KEYS_WITHOUT_EFFECT: { meaning: "Keys of dregsy that mean nothing here", action: "Nothing" },
  KEY_DUPLICATE: { meaning: "A key stands twice; the last one counts", action: "Take one out" },
  KEY_UNKNOWN: {
    meaning: "A key that nobody knows; the nearest one is named",
    action: "Correct it, or take it out",
  },
  LISTER_FOREIGN: {
    meaning: "A lister lists Docker Hub, and the source is another registry",
    action: "Nothing, if the source mirrors Docker Hub; else take the lister out",
  },
  LISTER_UNLIMITED: {
    meaning: "A listing of repositories has no limit",
    action: "Nothing, if that is meant",
  },
  PLATFORM_MALFORMED: {
    meaning: "A platform is no platform; its images cannot be taken",
    action: "Correct it",
  },
  RANGE_MISLEADING: {
    meaning: "A range of versions means something else than it seems to",
    action: "Read the message",
  },
  REGISTRY_MALFORMED: {
    meaning: "A registry is written with a scheme or a slash",
    action: "Write HOST[:PORT] alone",
  },
  RELAY_DOCKER: {
    meaning: "dregsy's docker relay takes other tags in some cases",
    action: "See docs/selection.md",
  },
  REPOSITORY_NAME_MALFORMED: {
    meaning: "A from or to is no repository name; its images cannot be taken",
    action: "Write the path alone; tags stand under tags",
  },
  TAG_MALFORMED: {
    meaning: "An item of tags can be no tag",
    action: "Correct it; filters begin with a word and a colon",
  },
  VARIABLE_MALFORMED: {
    meaning: "The variable of an auth holds no credentials",
    action: "Set it to base64 of USER:PASSWORD",
  },
  VARIABLE_UNSET: {
    meaning: "The variable of an auth is not set",
    action: "Set it before the registry is used",
  },
} as const;
