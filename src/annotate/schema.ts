// The schema of an annotation: what each label means, which types a relation joins, and examples. Users write it as .json or .ts.
import { z } from "zod";
import { ConfigError } from "../base/errors.ts";
import { checkShape } from "../base/schema-issues.ts";
import { readConfigFile } from "../config/load.ts";
import { NONE_LABEL } from "../data/labels.ts";

/** Labels are shown in prompts, terminals and XML, so they have no control characters. */
const label = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must have no control characters");
const description = z.string().trim().max(4000);

const entityLabel = z.union([
  description.transform((text) => ({ description: text })),
  z.strictObject({ description: description.describe("What carries this label, for the model.") }),
]);

const relationLabel = z.strictObject({
  description: description.describe("When the relation holds, with the roles of head and tail."),
  head: z
    .array(label)
    .min(1)
    .optional()
    .describe("Entity labels that its head may have; absent: any of them."),
  tail: z
    .array(label)
    .min(1)
    .optional()
    .describe("Entity labels that its tail may have; absent: any of them."),
});

const exampleEntity = z.strictObject({
  text: z.string().min(1).describe("The mention as it is written in the text."),
  label,
  occurrence: z.int().positive().optional().describe("Which one, if it occurs more than once; absent: 1."),
});

const example = z.strictObject({
  text: z.string().min(1),
  entities: z.array(exampleEntity).default([]),
  relations: z
    .array(
      z.strictObject({
        head: z.int().nonnegative().describe("Position in `entities`, from 0."),
        tail: z.int().nonnegative(),
        label,
      }),
    )
    .default([]),
});

export const annotationSchemaShape = z.strictObject({
  entities: z
    .record(label, entityLabel)
    .refine((labels) => Object.keys(labels).length > 0, "must have at least one label")
    .describe("Entity labels: a description each, as text or as `{ description }`."),
  relations: z.record(label, relationLabel).default({}).describe("Relation labels; may be absent."),
  guidelines: z
    .string()
    .trim()
    .max(20_000)
    .optional()
    .describe("Further rules for the model, for instance what not to mark."),
  examples: z.array(example).max(50).default([]).describe("Posts with the right answer."),
  overlaps: z
    .enum(["resolve", "keep"])
    .default("resolve")
    .describe("Whether mentions may overlap. `resolve`: of two that do, the one with more agreement stays."),
  repeated: z
    .enum(["all", "first", "drop"])
    .default("all")
    .describe(
      "What to do with a mention that occurs more than once in the text if the model does not say which one it means.",
    ),
});

/** The labels, with defaults filled in. */
export type AnnotationSchema = z.output<typeof annotationSchemaShape>;
/** The labels, as users write them. */
export type AnnotationSchemaInput = z.input<typeof annotationSchemaShape>;
/** A post with its right answer, as strings. */
export type AnnotationExample = AnnotationSchema["examples"][number];

/**
 * Reads a schema from a file (.json, .ts, .js with a default export).
 *
 * @throws ConfigError `config/not-found`, `config/unreadable`, `config/wrong-extension`, `annotate/bad-schema`
 */
export async function loadAnnotationSchema(path: string): Promise<AnnotationSchema> {
  return parseAnnotationSchema(await readConfigFile(path), path);
}

/** Checks a schema. @throws ConfigError `annotate/bad-schema` naming every fault */
export function parseAnnotationSchema(value: unknown, place: string): AnnotationSchema {
  const parsed = checkShape(annotationSchemaShape, value, { whole: "the schema" });
  const faults = parsed.success ? contradictions(parsed.data) : parsed.faults;
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new ConfigError({
    code: "annotate/bad-schema",
    message: faults.join("; "),
    place,
    value,
    remedy:
      "Fix the fields named above; docs/annotating.md shows a schema, and `relata annotate --init` writes one.",
  });
}

function contradictions({ entities, relations, examples }: AnnotationSchema): string[] {
  const faults: string[] = [];
  const known = (name: string, table: object) => Object.hasOwn(table, name);
  for (const [name, { head = [], tail = [] }] of Object.entries(relations)) {
    if (name === NONE_LABEL)
      faults.push(
        `relations.${NONE_LABEL} stands for no relation: leave it out, pairs without one are not asked for`,
      );
    for (const type of [...head, ...tail])
      if (!known(type, entities))
        faults.push(`relations.${name} names the type "${type}", which is not in entities`);
  }
  for (const [i, one] of examples.entries()) {
    const at = `examples[${i}]`;
    for (const { text, label: type, occurrence = 1 } of one.entities) {
      if (!known(type, entities)) faults.push(`${at} has the label "${type}", which is not in entities`);
      if (one.text.split(text).length - 1 < occurrence)
        faults.push(
          `${at}: "${text}" does not occur ${occurrence === 1 ? "" : `${occurrence} times `}in its text`,
        );
    }
    for (const { head, tail, label: type } of one.relations) {
      if (!known(type, relations)) faults.push(`${at} has the relation "${type}", which is not in relations`);
      if (head >= one.entities.length || tail >= one.entities.length)
        faults.push(`${at}: the relation "${type}" refers to an entity that is not there`);
    }
  }
  return faults;
}
