// Writes Parquet for Hugging Face's datasets: labels are the numbers of a ClassLabel, whose names are in the metadata of the file.
import type { SchemaElement } from "hyparquet";
import type { Document } from "../document.ts";
import { writeAtomically } from "../file-sink.ts";
import { documentIn } from "../offset-units.ts";
import { openRowGroups } from "../parquet/row-groups.ts";
import type { DocumentTarget, WriteContext, Written } from "./target.ts";

/** Hugging Face's Parquet. */
export const huggingFaceTarget: DocumentTarget = {
  name: "hugging-face",
  description: "Parquet for Hugging Face's datasets: the columns of parquet, with the labels as ClassLabel",
  cannotHold: {},
  holdsPosts: true,
  options: ["offsets"],
  offsets: "code-point",
  write: writeDataset,
};

const GROUP_ROWS = 10_000; // as in relata's own Parquet: readers keep one row group in memory
const GROUP_CHARACTERS = 32 * 1024 * 1024;

/** Every column may be null, as in the tables of datasets: it takes the names of labels only for columns of exactly its own types. */
const optional = { repetition_type: "OPTIONAL" } as const;
const string = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } } as const;
const label = [
  { name: "label", type: "INT64", ...optional },
  { name: "probability", type: "DOUBLE", ...optional },
] satisfies SchemaElement[];

function listOf(name: string, numbers: readonly [string, string]): SchemaElement[] {
  return [
    { name, ...optional, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", ...optional, num_children: 4 },
    ...numbers.map((field) => ({ name: field, type: "INT32", ...optional }) as const),
    ...label,
  ];
}

const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 7 },
  { name: "id", ...string, ...optional },
  { name: "text", ...string, ...optional },
  { name: "image", ...string, ...optional },
  ...listOf("entities", ["start", "end"]),
  ...listOf("relations", ["head", "tail"]),
  { name: "category", ...optional, num_children: 2 },
  ...label,
  { name: "meta", ...string, ...optional },
];
const COLUMNS = ["id", "text", "image", "entities", "relations", "category", "meta"] as const;

/** Numbers labels in the order of their first use. */
class LabelNumbers {
  readonly #numbers = new Map<string, bigint>();

  of(name: string): bigint {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const next = BigInt(this.#numbers.size);
    this.#numbers.set(name, next);
    return next;
  }

  /** The feature of the numbers; a ClassLabel must have a name. */
  get feature() {
    const names = [...this.#numbers.keys()];
    return names.length === 0 ? value("int64") : { names, _type: "ClassLabel" };
  }
}

const value = (dtype: string) => ({ dtype, _type: "Value" });

function writeDataset(
  path: string,
  documents: AsyncIterable<Document>,
  { offsets = "code-point", signal }: WriteContext,
): Promise<Written> {
  return writeAtomically(path, async (file) => {
    const labels = {
      entities: new LabelNumbers(),
      relations: new LabelNumbers(),
      category: new LabelNumbers(),
    };
    const groups = await openRowGroups({
      schema: SCHEMA,
      columns: COLUMNS,
      maxRows: GROUP_ROWS,
      maxWeight: GROUP_CHARACTERS,
      write: (bytes) => file.bytes(bytes),
      keyValues: () => [
        { key: "huggingface", value: JSON.stringify({ info: { features: featuresOf(labels) } }) },
      ],
    });
    let count = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      const { id, text, image, entities, relations, category, meta } = documentIn(document, offsets);
      const numbered = <T extends { readonly label: string }>(one: T, numbers: LabelNumbers) => ({
        ...one,
        label: numbers.of(one.label),
      });
      const json = meta === undefined ? undefined : JSON.stringify(meta);
      const row = {
        ...{ id, text, image, meta: json },
        entities: entities.map((one) => numbered(one, labels.entities)),
        relations: relations.map((one) => numbered(one, labels.relations)),
        category: category && numbered(category, labels.category),
      };
      await groups.add(row, text.length + (json?.length ?? 0));
      count++;
    }
    await groups.finish();
    return { documents: count };
  });
}

function featuresOf(labels: Readonly<Record<"entities" | "relations" | "category", LabelNumbers>>) {
  const named = (kind: keyof typeof labels) => ({
    label: labels[kind].feature,
    probability: value("float64"),
  });
  return {
    id: value("string"),
    text: value("string"),
    image: value("string"),
    entities: [{ start: value("int32"), end: value("int32"), ...named("entities") }],
    relations: [{ head: value("int32"), tail: value("int32"), ...named("relations") }],
    category: named("category"),
    meta: value("string"),
  };
}
