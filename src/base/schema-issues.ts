// Describes in plain English why a value does not fit its schema: "rows[0].id: expected text, got a number".
import type { z } from "zod";
import { nearest } from "./nearest.ts";

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;
/** Wording options of a schema's parser. */
type Wording = z.core.ParseContext<Issue>;

/** Messages name the expected and the received kind of value. For values that may contain a secret. */
export const KINDS_ONLY: Wording = { error: (issue) => sentence(issue, kindShown) };
/** Messages quote the value, shortened. */
export const VALUES_SHOWN: Wording = { error: (issue) => sentence(issue, shown) };

export interface CheckOptions {
  /** Name of the value as a whole; default "the value". */
  readonly whole?: string | undefined;
  /** Prefix of every path. */
  readonly under?: readonly PropertyKey[] | undefined;
  /** Default `KINDS_ONLY`. */
  readonly wording?: Wording | undefined;
}

export type Checked<Data> =
  | { readonly success: true; readonly data: Data }
  | {
      readonly success: false;
      /** One sentence per fault, at least one. */
      readonly faults: readonly [string, ...string[]];
      readonly error: z.ZodError;
    };

/**
 * Parses `value` with `schema`, or describes all its faults.
 *
 * @example
 * const checked = checkShape(z.object({ id: z.string() }), { id: 7 });
 * if (!checked.success) checked.faults; // ["id: expected text, got a number"]
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { whole = "the value", under = [], wording = KINDS_ONLY }: CheckOptions = {},
): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value, wording);
  if (parsed.success) return parsed;
  const { error } = parsed;
  const faults = error.issues.map(
    ({ path, message }) => `${fieldName([...under, ...path], whole)}: ${message}`,
  );
  return { success: false, faults: faults as [string, ...string[]], error }; // a failed parse has an issue
}

/** `training.epochs`, `rows[2].id`, or `whole` for a path without parts. */
export function fieldName(path: readonly PropertyKey[], whole: string): string {
  if (path.length === 0) return whole;
  return path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`))
    .join("");
}

/** `unknown field "dela", did you mean "delta"?`, or the known fields if none is similar. */
export function unknownField(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const hint =
    near === undefined
      ? known.length === 0
        ? ""
        : `; known: ${known.join(", ")}`
      : `, did you mean ${shown(near)}?`;
  return `unknown field ${shown(name)}${hint}`;
}

/** The description of an issue, after the field's name. */
function sentence(issue: RawIssue, show: (value: unknown, issue: RawIssue) => string): string {
  if (issue.code === "unrecognized_keys") {
    const known = knownFields(issue.inst);
    return issue.keys.map((key) => unknownField(key, known)).join("; ");
  }
  const wanted = expectation(issue as Issue);
  if (wanted === undefined) return "is not valid";
  const value = issue.code === "invalid_union" ? discriminated(issue) : issue.input;
  return `expected ${wanted}, ${value === undefined ? "but it is missing" : `got ${show(value, issue)}`}`;
}

/** What was expected; undefined if a custom check does not say. */
function expectation(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return either(issue.values);
    case "too_small":
      return amount(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum, issue);
    case "too_big":
      return amount(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum, issue);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return format(issue);
    case "invalid_union": {
      if (issue.errors.length === 0) return "options" in issue ? either(issue.options ?? []) : undefined;
      return [...new Set(issue.errors.flatMap((faults) => faults.map(alternative)))].join(" or ");
    }
    case "invalid_key":
      return `another name than ${shown(issue.path?.at(-1))}`;
    default:
      return undefined;
  }
}

/** One alternative of a union. */
function alternative(issue: Issue): string {
  const where = issue.path.length === 0 ? "" : ` at ${fieldName(issue.path, "")}`;
  if (issue.code === "unrecognized_keys") return `an object without ${issue.keys.map(shown).join(", ")}`;
  const isOwn = issue.message.startsWith("expected "); // otherwise the schema's author wrote it
  const wanted = (isOwn ? expectation(issue) : undefined) ?? issue.message.replace(/^expected /, "");
  return wanted + where;
}

const KINDS: Readonly<Record<string, string>> = {
  nonoptional: "a value",
  string: "text",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
  tuple: "a list",
};

function amount(
  origin: string,
  relation: string,
  limit: number | bigint,
  { exact }: { readonly exact?: boolean | undefined },
): string {
  const count = `${exact === true ? "exactly" : relation} ${limit}`;
  if (origin === "string")
    return Number(limit) === 1 && relation === "at least"
      ? "non-empty text"
      : `text of ${count} ${Number(limit) === 1 ? "character" : "characters"}`;
  if (origin === "array") return `a list of ${count} ${Number(limit) === 1 ? "entry" : "entries"}`;
  return `a number of ${count}`;
}

function format(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format: name, pattern } = issue;
  if (name === "url") return "a URL";
  if (name === "starts_with" && "prefix" in issue) return `text that begins with ${shown(issue.prefix)}`;
  if (name === "regex" && pattern !== undefined) return `text that matches ${pattern}`;
  return `text of the form ${name}`;
}

function either(values: readonly unknown[]): string {
  return values.map(shown).join(" or ");
}

/** The field that selects the alternative of a union. */
function discriminated({ input, discriminator }: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>): unknown {
  if (typeof discriminator !== "string" || typeof input !== "object" || input === null) return input;
  return (input as Readonly<Record<string, unknown>>)[discriminator];
}

function knownFields(schema: unknown): readonly string[] {
  const shape = (schema as Partial<z.core.$ZodObject> | undefined)?._zod?.def.shape;
  return Object.keys(shape ?? {});
}

const MAX_SHOWN = 60;

/** A value as JSON, shortened. */
function shown(value: unknown): string {
  const text =
    typeof value === "bigint"
      ? String(value)
      : Number.isNaN(value)
        ? "NaN"
        : (JSON.stringify(value) ?? String(value));
  return text.length <= MAX_SHOWN
    ? text
    : `${text.slice(0, MAX_SHOWN - 3).replace(/[\ud800-\udbff]$/, "")}...`;
}

/** The kind of a value; a number out of range or not whole is shown itself. */
function kindShown(value: unknown, { code, expected }: RawIssue & { readonly expected?: unknown }): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" && (code !== "invalid_type" || expected === "int" || Number.isNaN(value)))
    return String(value);
  if (Array.isArray(value)) return "a list";
  return KINDS[typeof value] ?? `a ${typeof value}`;
}
