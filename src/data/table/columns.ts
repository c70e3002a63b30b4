// What the columns of a table mean: named by the user, or guessed from their names.
import { DataError } from "../../base/errors.ts";
import { nearest } from "../../base/nearest.ts";
import { quote } from "../defects.ts";

/** Roles of columns, with the usual names of columns that have them, in the order in which they are tried. */
const ROLES = {
  id: ["id", "doc_id", "document_id", "post_id", "tweet_id", "text_id", "docid"],
  text: ["text", "sentence", "tweet", "content", "post", "body", "message", "caption"],
  image: ["image", "picture", "img", "photo", "image_name", "img_id", "image_id", "file_name", "filename"],
  head: ["head", "subject", "subj", "source", "head_entity", "e1", "entity1", "entity_1", "arg1"],
  tail: ["tail", "object", "obj", "target", "tail_entity", "e2", "entity2", "entity_2", "arg2"],
  headLabel: [
    "head_type",
    "head_label",
    "subject_type",
    "subj_type",
    "source_type",
    "e1_type",
    "entity1_type",
    "arg1_type",
  ],
  tailLabel: [
    "tail_type",
    "tail_label",
    "object_type",
    "obj_type",
    "target_type",
    "e2_type",
    "entity2_type",
    "arg2_type",
  ],
  headStart: ["head_start", "subject_start", "subj_start", "e1_start"],
  headEnd: ["head_end", "subject_end", "subj_end", "e1_end"],
  tailStart: ["tail_start", "object_start", "obj_start", "e2_start"],
  tailEnd: ["tail_end", "object_end", "obj_end", "e2_end"],
  relation: ["relation", "predicate", "rel", "relation_type", "relation_label", "verb", "link"],
  mention: ["mention", "entity", "span", "surface", "phrase", "entity_text", "span_text"],
  label: ["label", "type", "entity_type", "entity_label", "tag"],
  start: ["start", "begin", "start_offset", "start_char", "char_start"],
  end: ["end", "stop", "end_offset", "end_char", "char_end"],
  category: ["category", "topic", "sentiment", "class", "polarity"],
} as const;

/** What a column of a table can be. */
export type ColumnRole = keyof typeof ROLES;
/** Columns by role. */
export type Columns = Readonly<Partial<Record<ColumnRole, string>>>;

/** How a table is read. */
export interface TableMapping {
  readonly columns: Columns;
  /** Columns whose cells list the mentions of a label. */
  readonly mentions: readonly { readonly label: string; readonly column: string }[];
  /** Roles that were guessed from names of columns. */
  readonly guessed: readonly ColumnRole[];
}

/** What the user says about the columns. */
export interface TableOptions {
  /** `role=column`. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** `label=column`. */
  readonly entityColumns?: Readonly<Record<string, string>> | undefined;
}

/** Whether the names of a table's columns show a text and something annotated in it. */
export function looksAnnotated(names: readonly string[]): boolean {
  const columns = guess(names, new Set());
  const { text, head, tail, mention, start, end, label } = columns;
  const isNamed = mention !== undefined || (start !== undefined && end !== undefined);
  return (
    text !== undefined && ((head !== undefined && tail !== undefined) || (label !== undefined && isNamed))
  );
}

/** Whether the names of flat JSON rows show texts with a label each, as data sets for classification have. */
export function looksClassified(names: readonly string[]): boolean {
  const { text, label, category } = guess(names, new Set());
  return text === "text" && label === "label" && category === undefined && !names.includes("entities");
}

/**
 * The mapping for a table with these columns.
 *
 * @throws DataError `data/missing-column`, `data/bad-columns`
 */
export function mapColumns(
  names: readonly string[],
  { columns = {}, entityColumns = {} }: TableOptions,
  path: string,
): TableMapping {
  const given: Partial<Record<ColumnRole, string>> = {};
  for (const [role, column] of Object.entries(columns)) {
    if (!isRole(role)) throw unknownRole(role);
    given[role] = known(column, names, path);
  }
  const mentions = Object.entries(entityColumns).map(([label, column]) => ({
    label,
    column: known(column, names, path),
  }));
  const used = new Set([...Object.values(given), ...mentions.map(({ column }) => column)]);
  const guessed = guess(names, used);
  const all: Partial<Record<ColumnRole, string>> = { ...guessed, ...given };
  // Half of a pair is another thing by chance: an email has a subject, and no object.
  if ((all.head === undefined) !== (all.tail === undefined)) {
    for (const role of ["head", "tail"] as const) if (given[role] === undefined) delete all[role];
  }
  if (
    all.relation === undefined &&
    all.head !== undefined &&
    all.tail !== undefined &&
    all.mention === undefined &&
    all.label !== undefined
  ) {
    all.relation = all.label; // in a table of pairs the label is the relation's
    delete all.label;
  }
  const hasMentions =
    mentions.length > 0 || (["head", "mention", "start"] as const).some((role) => all[role] !== undefined);
  // Beside mentions, a column of such a name says something about them.
  if (hasMentions && given.category === undefined) delete all.category;
  if (!hasMentions && all.category === undefined && all.label !== undefined) {
    all.category = all.label; // in a table of texts alone the label is the text's
    delete all.label;
  }
  if (all.text === undefined) {
    throw new DataError({
      code: "data/missing-column",
      message: `${path} has no column that is known to have texts; its columns are ${names.map(quote).join(", ")}`,
      place: path,
      value: names,
      remedy: "Name it: --columns text=<column>",
    });
  }
  const roles = (Object.keys(all) as ColumnRole[]).filter((role) => given[role] === undefined);
  return { columns: all, mentions, guessed: roles };
}

function guess(names: readonly string[], used: ReadonlySet<string>): Partial<Record<ColumnRole, string>> {
  const found: Partial<Record<ColumnRole, string>> = {};
  const taken = new Set(used);
  for (const [role, usual] of Object.entries(ROLES)) {
    const column = usual
      .map((name) => names.find((one) => simple(one) === name))
      .find((one) => one !== undefined && !taken.has(one));
    if (column === undefined) continue;
    found[role as ColumnRole] = column;
    taken.add(column);
  }
  return found;
}

/** A name without case, spaces and camel case: "Head Type" and "headType" are head_type. */
export function simple(name: string): string {
  return name
    .trim()
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replace(/[\s.-]+/g, "_");
}

function isRole(name: string): name is ColumnRole {
  return Object.hasOwn(ROLES, name);
}

function known(column: string, names: readonly string[], path: string): string {
  if (names.includes(column)) return column;
  const near = nearest(column, names);
  throw new DataError({
    code: "data/missing-column",
    message: `${path} has no column ${quote(column)}; it has ${names.map(quote).join(", ")}`,
    place: path,
    value: column,
    remedy: near === undefined ? "Name a column of the file." : `Did you mean ${quote(near)}?`,
  });
}

function unknownRole(role: string): DataError {
  const roles = Object.keys(ROLES);
  const near = nearest(role, roles);
  return new DataError({
    code: "data/bad-columns",
    message: `${quote(role)} is not a role of a column${near === undefined ? "" : `; did you mean ${near}?`}`,
    place: "--columns",
    value: role,
    remedy: `Name one of: ${roles.join(", ")}. Columns with the mentions of a label are named with --entity-columns.`,
  });
}
