// Writes docs/configuration.md and schema/relata.config.json from the configuration's schema; with --check only compares them.
// Needs the build (dist/).
import { z } from "zod";
import { configSchema } from "../dist/config/schema.js";
import { writeOrCheck } from "./generated-files.mjs";
import { fieldTable } from "./schema-tables.mjs";

const SCHEMA_FILE = "schema/relata.config.json";
const DOCS_FILE = "docs/configuration.md";

const schema = z.toJSONSchema(configSchema, { io: "input" });

const INTRODUCTION = `# Configuration

<!-- Generated from src/config/schema.ts by \`node scripts/write-config-docs.mjs\`; do not edit by hand. -->

\`relata.config.ts\`, \`.js\` or \`.json\` in the working folder (or the file after \`--config\`) describes a training run. Flags of \`relata train\` override it.

- Paths are relative to the file.
- A field that you leave out takes its default. The defaults of \`model\` are the published settings of I2SRM on the data set MNRE, and those of \`training\` suit some hundreds of documents.
  \`preset: "published"\` sets all published values; [papers.md](papers.md#the-preset-published) lists them.
- A field that is not listed here is an error.

\`\`\`ts
import { defineConfig } from "relata";

export default defineConfig({
  encoder: "./encoders/roberta-base", // or a hub id: "FacebookAI/roberta-base"
  data: { train: "train.jsonl", validation: "validation.jsonl", pictures: "pictures" },
  visual: { kind: "pictures", encoder: "./encoders/resnet-50" },
  training: { epochs: 10 },
});
\`\`\`

To train both tasks with one configuration, set \`task: "both"\`. All fields then hold for both models, except those of \`entities\` and \`relations\`, which hold for one and override the
others. \`training.taggerLearningRate\` applies to entities, and \`method\` and \`synthesis\` to relations.

\`\`\`ts
import { defineConfig } from "relata";

export default defineConfig({
  task: "both",
  encoder: "./encoders/roberta-base",
  data: { train: "train.jsonl", validation: "validation.jsonl" },
  training: { batchSize: 16 },
  entities: { training: { epochs: 12 } },
  relations: { training: { epochs: 8 } },
});
\`\`\`

In JSON, \`"$schema": "./node_modules/relata/schema/relata.config.json"\` gives completion and checks in editors.
`;

/** Sections with the fields of other sections, which are described once. */
const REPEATING = ["entities", "relations"];

function sections(node, path) {
  const fields = Object.entries(node.properties);
  const isNested = ([name, field]) => field.properties !== undefined && !REPEATING.includes(name);
  const plain = fields.filter((field) => !isNested(field));
  const nested = fields.filter(isNested);
  const title = path === "" ? "## Top level" : `## \`${path}\`\n\n${node.description}`;
  const table = plain.length === 0 ? [] : [fieldTable(plain, node.required)];
  return [
    [title, ...table].join("\n\n"),
    ...nested.flatMap(([name, field]) => sections(field, path === "" ? name : `${path}.${name}`)),
  ];
}

const LINE_WIDTH = 110; // as in biome.json

/** Returns JSON in this repository's formatter's layout: lists of plain values on one line where they fit. */
function json(value) {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/\[\n\s+([^[\]{}]*?)\n\s+\](,?)/g, (list, items, comma, at) => {
    const line = `[${items.replace(/\n\s+/g, " ")}]${comma}`;
    const before = at - (text.lastIndexOf("\n", at) + 1);
    return before + line.length > LINE_WIDTH ? list : line;
  });
}

const outputs = {
  [SCHEMA_FILE]: `${json(schema)}\n`,
  [DOCS_FILE]: `${[INTRODUCTION, ...sections(schema, "")].join("\n")}\n`.replaceAll("|\n##", "|\n\n##"),
};

writeOrCheck(outputs);
