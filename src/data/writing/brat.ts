// Writes brat standoff: a folder with a text and its annotations for each document, and the configuration that names the labels.
import type { Document } from "../document.ts";
import { spansIn } from "../offset-units.ts";
import {
  withoutCategory,
  withoutEntities,
  withoutImage,
  withoutMeta,
  withoutProbabilities,
  withoutRelations,
} from "./fit.ts";
import { writeFolder } from "./folder-sink.ts";
import { LabelCollector } from "./label-collector.ts";
import type { Lose } from "./losses.ts";
import type { DocumentTarget, WriteContext, Written } from "./target.ts";

/** brat's folder. */
export const bratTarget: DocumentTarget = {
  name: "brat",
  description: "a folder of brat standoff: .txt and .ann for each document, and annotation.conf",
  cannotHold: {
    labels: "entities whose label has white space",
    relationLabels: "relations whose label has white space",
    images: "names of pictures",
    categories: "categories",
    probabilities: "probabilities",
    meta: "metadata",
    tokens: "tokens",
  },
  holdsPosts: true,
  write: writeBrat,
};

const MAX_NAME_BYTES = 200; // of the 255 that file systems allow

/** Whether an id can be the name of a file everywhere. */
function isFileName(id: string): boolean {
  return /^[\p{L}\p{N}_@#=+,(][\p{L}\p{N}_@#=+,().-]*$/u.test(id) && Buffer.byteLength(id) <= MAX_NAME_BYTES;
}

function writeBrat(
  path: string,
  documents: AsyncIterable<Document>,
  { losses, signal }: WriteContext,
): Promise<Written> {
  return writeFolder(path, async (write) => {
    const labels = new LabelCollector();
    const taken = new Set<string>();
    let count = 0;
    let renamed = 0;
    for await (const document of documents) {
      signal?.throwIfAborted();
      const held = fitted(document, losses.of(document));
      labels.add(held);
      const name = nameOf(held.id, count, taken);
      if (name !== held.id) renamed++;
      // Readers take a byte order mark off the start.
      await write(`${name}.txt`, held.text.startsWith("\ufeff") ? `\ufeff${held.text}` : held.text);
      await write(`${name}.ann`, annotationsOf(held));
      count++;
    }
    await write("annotation.conf", configOf(labels));
    return { documents: count, renamed };
  });
}

/** The name of a document's files; names that differ in case alone are one on some systems. */
function nameOf(id: string, index: number, taken: Set<string>): string {
  const folded = (name: string) => name.normalize("NFC").toLowerCase();
  let name = isFileName(id) && id !== "annotation" ? id : `document-${index + 1}`;
  for (let time = 2; taken.has(folded(name)); time++) name = `document-${index + 1}-${time}`;
  taken.add(folded(name));
  return name;
}

const isLabel = (label: string) => !/[\s\ufeff]/u.test(label);

function fitted(given: Document, lose: Lose): Document {
  const plain = withoutImage(
    withoutCategory(withoutProbabilities(withoutMeta(given, lose), lose), lose),
    lose,
  );
  const named = withoutEntities(plain, ({ label }) => (isLabel(label) ? undefined : "labels"), lose);
  return withoutRelations(named, ({ label }) => (isLabel(label) ? undefined : "relationLabels"), lose);
}

function annotationsOf({ text, entities, relations }: Document): string {
  const places = spansIn(text, entities, "code-point");
  const lines = [
    ...entities.map(({ start, end, label }, i) => {
      const { start: from, end: to } = places[i]!; // one for each entity
      return `T${i + 1}\t${label} ${from} ${to}\t${text.slice(start, end).replace(/\s/gu, " ")}`;
    }),
    ...relations.map(({ head, tail, label }, i) => `R${i + 1}\t${label} Arg1:T${head + 1} Arg2:T${tail + 1}`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function configOf({ entities, relations }: LabelCollector): string {
  const arcs = [...relations].map((label) => `${label}\tArg1:<ENTITY>, Arg2:<ENTITY>`);
  return ["[entities]", ...entities, "[relations]", ...arcs, "[events]", "[attributes]", ""].join("\n");
}
