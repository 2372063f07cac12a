import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  type Scalar,
  visit,
} from "yaml";
import type { Position, Reporter } from "./note.ts";

/** More merged keys than this is an attack on memory: every level of merging can double them. */
const MAX_MERGED_ENTRIES = 100_000;

/** Lists and maps in each other. A selection has six levels; the conversion calls itself for each. */
const MAX_DEPTH = 100;

/** A value of the file. Aliases are followed, so that a value may occur in several places; keys are merged. */
export type YamlValue = YamlScalar | YamlNull | YamlList | YamlMap;

/** Text, whatever it looks like: `1.10` stays `1.10`. */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly text: string;
  /** Without quotes, so that it may be a number or a boolean. */
  readonly isPlain: boolean;
  readonly position: Position;
}

/** Nothing, `~` or `null`. */
interface YamlNull {
  readonly kind: "null";
  readonly position: Position;
}

/** A sequence. */
interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlValue[];
  readonly position: Position;
}

/** A mapping, its entries in the order in which dregsy applies them: of two with one key the later counts. */
export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
  /** Written in braces. */
  readonly isFlow: boolean;
  readonly position: Position;
}

/** A key and its value. */
interface YamlEntry {
  readonly key: string;
  readonly value: YamlValue;
  /** Of the key. */
  readonly position: Position;
  /** Came by `<<`. */
  readonly isMerged: boolean;
  /** The value has an anchor: it is there to be used elsewhere. */
  readonly hasAnchor: boolean;
}

/** What a conversion shares. */
interface Conversion {
  readonly reporter: Reporter;
  readonly positionOf: (node: Node) => Position;
  readonly targets: ReadonlyMap<Alias, Node>;
  /** Undefined while a node is being converted: an alias inside points back at it. */
  readonly converted: Map<Node, YamlValue | undefined>;
  mergedEntries: number;
  /** Of the node that is being converted. */
  depth: number;
}

/**
 * Reads the first document of a YAML text; a further one is ignored with a warning. Undefined after a problem. An empty
 * text is null.
 */
export function parseYaml(text: string, reporter: Reporter): YamlValue | undefined {
  const lineCounter = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents = parseDocuments(text, lineCounter);
  if (documents === undefined) {
    reportDepth({ line: 1, column: 1 }, reporter);
    return undefined;
  }
  const [document, second] = documents;
  if (document === undefined) return { kind: "null", position: { line: 1, column: 1 } };
  if (second !== undefined) {
    const message = "Only the first document of the file is read, what follows the --- is ignored";
    reporter.warning("DOCUMENT_IGNORED", message, positionAt(second.range[0]));
  }
  if (reportErrors(document, positionAt, reporter)) return undefined;
  const contents: Node | null = document.contents;
  if (contents === null) return { kind: "null", position: { line: 1, column: 1 } };
  const conversion: Conversion = {
    reporter,
    positionOf: (node) => positionAt(node.range?.[0] ?? 0),
    targets: findTargets(document),
    converted: new Map(),
    mergedEntries: 0,
    depth: 0,
  };
  return convert(contents, conversion);
}

/** The documents; undefined if lists and maps lie in each other until the parser's stack is used up. */
function parseDocuments(
  text: string,
  lineCounter: LineCounter,
): readonly Document.Parsed<ParsedNode>[] | undefined {
  try {
    return parseAllDocuments(text, {
      schema: "failsafe",
      merge: true,
      uniqueKeys: false,
      // Pretty errors quote the file, and so might show a password.
      prettyErrors: false,
      lineCounter,
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function reportDepth(position: Position, reporter: Reporter): void {
  const message = `Cannot read the file as YAML: it is nested deeper than ${MAX_DEPTH} levels`;
  reporter.problem("SELECTION_TOO_LARGE", message, position);
}

function reportErrors(
  document: Document.Parsed<ParsedNode>,
  positionAt: (offset: number) => Position,
  reporter: Reporter,
): boolean {
  for (const { code, message, pos } of document.errors) {
    const position = positionAt(pos[0]);
    reporter.problem("YAML_INVALID", `Cannot read the file as YAML: ${describe(code, message)}`, position);
  }
  return document.errors.length > 0;
}

/** The parser's own words as far as they do not quote the file. */
function describe(code: string, message: string): string {
  if (code === "BAD_DQ_ESCAPE") {
    return "a backslash in double quotes starts an escape that YAML does not know; use single quotes";
  }
  if (message.startsWith("Block scalar header")) {
    return "a value that starts with > or | must be quoted; for a tag filter quote the whole item, as in 'semver: >=1.0.0'";
  }
  if (code === "RESOURCE_EXHAUSTION") return "it is nested too deeply";
  const [words = ""] = message.split(/[:"]/, 1);
  return `${words.charAt(0).toLowerCase()}${words.slice(1).trim()}`;
}

/** What each alias points at: the last anchor of that name before it. */
function findTargets(document: Document.Parsed<ParsedNode>): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function convert(node: Node, conversion: Conversion): YamlValue {
  const { converted, positionOf, reporter } = conversion;
  const position = positionOf(node);
  if (isAlias(node)) {
    const target = conversion.targets.get(node);
    if (target !== undefined && !isOpen(target, converted)) return convert(target, conversion);
    reporter.problem(
      "YAML_INVALID",
      "Cannot follow the alias: there is no anchor of that name before it",
      position,
    );
    return { kind: "null", position };
  }
  const known = converted.get(node);
  if (known !== undefined) return known;
  converted.set(node, undefined);
  conversion.depth += 1;
  const value = isTooDeep(position, conversion)
    ? ({ kind: "null", position } as const)
    : convertNode(node, position, conversion);
  conversion.depth -= 1;
  converted.set(node, value);
  return value;
}

function isTooDeep(position: Position, { depth, reporter }: Conversion): boolean {
  if (depth <= MAX_DEPTH) return false;
  reportDepth(position, reporter);
  return true;
}

function isOpen(node: Node, converted: ReadonlyMap<Node, YamlValue | undefined>): boolean {
  return converted.has(node) && converted.get(node) === undefined;
}

function convertNode(node: Node, position: Position, conversion: Conversion): YamlValue {
  if (isScalar(node)) return convertScalar(node, position);
  if (isSeq<Node>(node)) {
    return { kind: "list", items: node.items.map((item) => convert(item, conversion)), position };
  }
  if (isMap<Node, Node | null>(node)) {
    const entries = node.items.flatMap(({ key, value }) => convertPair(key, value, conversion));
    return { kind: "map", entries, isFlow: node.flow === true, position };
  }
  return { kind: "null", position };
}

function convertScalar(scalar: Scalar, position: Position): YamlValue {
  const text = typeof scalar.value === "string" ? scalar.value : (scalar.source ?? "");
  const isPlain = scalar.type === "PLAIN";
  if (isPlain && /^(?:~|null|Null|NULL)?$/.test(text)) return { kind: "null", position };
  return { kind: "scalar", text, isPlain, position };
}

function convertPair(key: Node, value: Node | null, conversion: Conversion): readonly YamlEntry[] {
  const position = conversion.positionOf(key);
  if (isScalar(key) && key.type === "PLAIN" && key.source === "<<") {
    return value === null ? [] : mergeEntries(convert(value, conversion), conversion);
  }
  const keyText = isScalar(key) ? (key.source ?? String(key.value)) : "?";
  const converted: YamlValue = value === null ? { kind: "null", position } : convert(value, conversion);
  const hasAnchor = value !== null && !isAlias(value) && value.anchor !== undefined;
  return [{ key: keyText, value: converted, position, isMerged: false, hasAnchor }];
}

/** dregsy applies a merged map where it stands, and of a list of maps the first one last, so that it counts. */
function mergeEntries(value: YamlValue, conversion: Conversion): readonly YamlEntry[] {
  const maps = value.kind === "list" ? value.items.toReversed() : [value];
  const merged: YamlEntry[] = [];
  for (const map of maps) {
    if (map.kind !== "map") {
      conversion.reporter.problem(
        "YAML_INVALID",
        "Cannot merge with <<: it takes a map or a list of maps",
        map.position,
      );
      continue;
    }
    conversion.mergedEntries += map.entries.length;
    if (conversion.mergedEntries > MAX_MERGED_ENTRIES) {
      const message = `Cannot merge with <<: there are more than ${MAX_MERGED_ENTRIES} merged keys in the file`;
      conversion.reporter.problem("SELECTION_TOO_LARGE", message, map.position);
      return [];
    }
    for (const entry of map.entries) merged.push({ ...entry, isMerged: true });
  }
  return merged;
}
