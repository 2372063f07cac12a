import type { ErrorCode } from "@airgap-bundle/core";
import type { Purpose } from "./answer-error.ts";

/** An answer that is no success, and what it was the answer to. */
export interface Refusal {
  readonly purpose: Purpose;
  readonly status: number;
  /** All codes that the registry names, in upper case. */
  readonly codes: readonly string[];
  readonly message: string;
}

/** What a refusal means to the person who has to act on it. */
export interface Meaning {
  /** Stands behind "Cannot VERB OBJECT". */
  readonly says: string;
  readonly hint: string;
  /** @default what status and code mean by themselves */
  readonly code?: ErrorCode;
  /** What it is the answer to, whatever is pushed. @default this one thing */
  readonly stops?: "repository" | "registry";
}

/** When a meaning applies: every condition that is there holds. */
interface Rule extends Meaning {
  readonly purposes: readonly Purpose[];
  readonly statuses?: readonly number[];
  readonly codes?: readonly string[];
  readonly words?: RegExp;
}

const PUSHES = ["start-upload", "send-blob", "push-manifest"] as const;
const BLOBS = ["start-upload", "send-blob"] as const;
const MANIFESTS = ["push-manifest"] as const;

/** In the order in which they are looked at: the words of a registry before what a status means everywhere. */
const RULES: readonly Rule[] = [
  // Harbor: 412 "configured as immutable"; Quay: 409 TAG_IMMUTABLE; ECR: 400 "the repository is immutable"; Nexus:
  // 400 "does not allow updating assets".
  {
    purposes: PUSHES,
    statuses: [400, 403, 409, 412],
    words: /immutable|cannot be overwritten|does not allow updating assets/i,
    says: "the tag is there with other content, and may not change",
    hint: "Push under another tag, or let the registry's rules for immutable tags make an exception",
    code: "TAG_EXISTS",
  },
  {
    purposes: MANIFESTS,
    codes: ["TAG_IMMUTABLE", "IMAGETAGALREADYEXISTSEXCEPTION", "TAG_INVALID"],
    says: "the tag is there with other content, and may not change",
    hint: "Push under another tag, or let the registry's rules for immutable tags make an exception",
    code: "TAG_EXISTS",
  },
  // Harbor: 403 DENIED "... will exceed the configured upper limit ... quota"; Quay: 403 "Quota has been exceeded".
  {
    purposes: PUSHES,
    statuses: [400, 403, 412, 413, 422],
    words: /\bquota\b|exceed the configured (?:upper )?limit|storage limit/i,
    says: "its quota is used up",
    hint: "Delete images there or have the quota raised, then run it again: what has arrived stays",
    code: "DENIED",
    stops: "repository",
  },
  // docker's registry: 500 UNKNOWN with the words of Linux. All of its repositories lie there.
  {
    purposes: PUSHES,
    statuses: [500, 503, 507],
    words: /no space left on device|disk quota exceeded/i,
    says: "the registry has no room left",
    hint: "Make room in the registry's storage, then run it again: what has arrived stays",
    code: "REGISTRY_FAILED",
    stops: "registry",
  },
  {
    purposes: PUSHES,
    statuses: [507],
    says: "the registry has no room left",
    hint: "Make room in the registry's storage, then run it again: what has arrived stays",
    code: "REGISTRY_FAILED",
    stops: "repository",
  },
  {
    purposes: PUSHES,
    statuses: [400, 403, 405, 412],
    words: /proxy (?:project|cache)|pull[- ]through|virtual repositor|remote repositor/i,
    says: "it is a cache of another registry, which takes no pushes",
    hint: "Push to a project or repository that is none: --to HOST/PROJECT",
  },
  // Quay and Nexus make single repositories read-only.
  {
    purposes: PUSHES,
    statuses: [403, 405],
    words: /repository\b.*\bread[- ]?only/i,
    says: "the repository is read-only for now",
    hint: "Let the registry's owner make it writable, or push to another one with --to HOST[/PREFIX]",
    stops: "repository",
  },
  {
    purposes: PUSHES,
    statuses: [403, 405, 503],
    words: /read[- ]?only|maintenance/i,
    says: "the registry is read-only for now",
    hint: "Run it again when its read-only mode or maintenance has ended",
    stops: "registry",
  },
  // docker's registry in maintenance says nothing but 405; registries that only mirror do the same.
  {
    purposes: ["start-upload", "push-manifest"],
    statuses: [405],
    says: "the registry takes no pushes: it is read-only, or a mirror",
    hint: "End the registry's read-only mode, or push to another registry with --to HOST[/PREFIX]",
    stops: "registry",
  },
  // Harbor: 401 without a challenge or 404 "project X not found".
  {
    purposes: PUSHES,
    statuses: [401, 403, 404],
    words: /project\b.*\bnot (?:be )?found|project\b.*\bdoes(?: not|n't) exist/i,
    says: "the project does not exist there",
    hint: "Create the project first, or choose one that exists with --to HOST/PROJECT",
    code: "NAME_UNKNOWN",
  },
  // ECR: 404 NAME_UNKNOWN "The repository with name 'x' does not exist in the registry with id '1'".
  {
    purposes: PUSHES,
    statuses: [404],
    words: /does not exist in the registry/i,
    says: "the repository does not exist there",
    hint: "Create it first: aws ecr create-repository --repository-name NAME, or a repository creation template",
    code: "NAME_UNKNOWN",
  },
  // Artifact Registry: 403 or 404, 'Repository "x" not found' or 'Permission "artifactregistry..." denied on resource'.
  {
    purposes: PUSHES,
    statuses: [403, 404],
    words: /artifactregistry|repository "[^"]+" not found/i,
    says: "the repository does not exist there, or may not be written",
    hint: "Create it first (gcloud artifacts repositories create), and let this account write to it",
  },
  {
    purposes: ["start-upload", "push-manifest"],
    statuses: [404],
    codes: ["NAME_UNKNOWN"],
    says: "the repository or its project does not exist there",
    hint: "Create it first, or choose one that exists with --to HOST[/PREFIX]",
  },
  // zot without `compat`; Quay and ECR name the type in other words.
  {
    purposes: MANIFESTS,
    statuses: [415],
    says: "the registry does not take manifests of this media type",
    hint: 'zot takes Docker\'s with http.compat ["docker2s2"] in its configuration; other registries have a list of allowed types',
  },
  // docker's registry: 400 MANIFEST_INVALID "http: request body too large".
  {
    purposes: MANIFESTS,
    statuses: [400, 413],
    words: /too large|exceeds/i,
    says: "the manifest is larger than the registry takes",
    hint: "Choose fewer platforms for it, or have the registry's limit for manifests raised",
    code: "MANIFEST_INVALID",
  },
  {
    purposes: MANIFESTS,
    statuses: [413],
    says: "the manifest is larger than the registry, or a proxy in front of it, takes",
    hint: "Have the limit for request bodies raised: client_max_body_size in nginx",
    code: "MANIFEST_INVALID",
  },
  // docker's registry, for a layer with URLs: 500 with MANIFEST_BLOB_UNKNOWN behind two UNKNOWN.
  {
    purposes: MANIFESTS,
    codes: ["MANIFEST_BLOB_UNKNOWN"],
    statuses: [500],
    says: "the registry lacks content that it names, or does not like its URL",
    hint: "Let the registry accept the URLs of layers that may not be passed on: validation.manifests.urls.allow",
    code: "MANIFEST_BLOB_UNKNOWN",
  },
  {
    purposes: MANIFESTS,
    codes: ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"],
    statuses: [400, 404],
    says: "the registry lacks content that it names",
    hint: "Run it again: what is missing is pushed anew; if it stays, its garbage collection may run too often",
    code: "MANIFEST_BLOB_UNKNOWN",
  },
  {
    purposes: PUSHES,
    codes: ["DIGEST_INVALID"],
    statuses: [400],
    says: "what arrived there has another digest",
    hint: "Something on the way to the registry changes content: a proxy, a virus scanner",
  },
  // nginx and Cloudflare answer with a page of their own.
  {
    purposes: BLOBS,
    statuses: [413],
    says: "the registry, or a proxy in front of it, takes no request of this size",
    hint: "Have its limit raised (nginx: client_max_body_size), or send pieces below it with --chunk-size",
    code: "REGISTRY_FAILED",
  },
  // Never "repository not found": the session is gone.
  {
    purposes: ["send-blob"],
    statuses: [404],
    says: "the registry has lost the upload",
    hint: "Behind a load balancer all copies of the registry need one http.secret and one storage",
    code: "BLOB_UPLOAD_UNKNOWN",
  },
  // GitLab: 403 DENIED "requested access to the resource is denied" also where there is no such project.
  {
    purposes: PUSHES,
    statuses: [403],
    says: "it may not be written with these credentials, or does not exist",
    hint: "Check that the project exists, that these credentials may push to it, and that it has room",
  },
];

/** What a refusal means, where there is more to say than its status does. Pure. */
export function explainRefusal(refusal: Refusal): Meaning | undefined {
  return RULES.find((rule) => applies(rule, refusal));
}

function applies(rule: Rule, { purpose, status, codes, message }: Refusal): boolean {
  return (
    rule.purposes.includes(purpose) &&
    (rule.statuses === undefined || rule.statuses.includes(status)) &&
    (rule.codes === undefined || rule.codes.some((code) => codes.includes(code))) &&
    (rule.words === undefined || rule.words.test(message))
  );
}
