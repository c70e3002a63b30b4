// Values of a JSON schema for fast-check: the valid ones, with the boundaries that a schema names and the texts that break programs.
import fc from "fast-check";

/** The parts of JSON schema that OpenAPI documents of relata use. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** Texts that have broken other programs. */
export const NASTY_TEXTS: readonly string[] = [
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udc00 a",
  "a\u202eb\u2066c",
  "\ufeffAda",
  "e\u0301".repeat(20),
  "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}",
  "\r\n\r\nGET / HTTP/1.1",
  "../../../../etc/passwd",
  "file:///etc/passwd",
  "C:\\windows\\system.ini",
  "<script>alert(1)</script>",
  "{{7*7}} #{7*7} %s%n %x",
  "'; DROP TABLE posts; --",
  "__proto__",
  "constructor",
  "data:image/svg+xml;base64,PHN2Zy8+",
  "data:,",
  "A".repeat(1000),
  "\u0130\u017f\u212a",
  "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 Ada",
];

const LONGEST = 2000; // characters: the limits themselves are tested by hand

/** An arbitrary of the values that a schema allows. */
export function valuesOf(schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const { $ref, anyOf, type, const: only } = schema;
  if ($ref !== undefined) return valuesOf(schemas[$ref.split("/").at(-1) ?? ""] ?? {}, schemas);
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => valuesOf(one, schemas)));
  if (only !== undefined) return fc.constant(only);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const kind = Array.isArray(type) ? type[0] : type;
  switch (kind) {
    case "string":
      return texts(schema);
    case "integer":
    case "number":
      return numbers(schema, kind);
    case "boolean":
      return fc.boolean();
    case "array": {
      const { minItems = 0, items = {} } = schema;
      return fc.array(valuesOf(items, schemas), { minLength: minItems, maxLength: minItems + 3 });
    }
    case "object":
      return objects(schema, schemas);
    default:
      return fc.jsonValue();
  }
}

function texts({ minLength = 0, maxLength = LONGEST, pattern }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const most = Math.min(maxLength, LONGEST);
  const nasty = NASTY_TEXTS.filter(({ length }) => length >= minLength && length <= most);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom("Ada met Bo in Rome", "Ada Novak sends greetings from Penrose") },
    { weight: 2, arbitrary: fc.string({ minLength, maxLength: Math.min(most, 40), unit: "binary" }) },
    { weight: 2, arbitrary: fc.constantFrom(...nasty) },
    { weight: 1, arbitrary: fc.constantFrom("b".repeat(Math.max(1, minLength)), "b".repeat(most)) },
  );
}

function numbers(
  { minimum = -1e6, maximum = 1e6 }: Schema,
  kind: "integer" | "number",
): fc.Arbitrary<number> {
  const inside =
    kind === "integer"
      ? fc.integer({ min: minimum, max: Math.min(maximum, 40) })
      : fc.double({ min: minimum, max: maximum, noNaN: true });
  return fc.oneof(
    { weight: 4, arbitrary: inside },
    fc.constantFrom(minimum, Math.min(maximum, Number.MAX_SAFE_INTEGER)),
  );
}

function objects(schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], maxProperties } = schema;
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, valuesOf(inner, schemas)]),
  );
  if (maxProperties === 1)
    return fc.oneof(...Object.entries(fields).map(([name, arbitrary]) => fc.record({ [name]: arbitrary })));
  return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
}
