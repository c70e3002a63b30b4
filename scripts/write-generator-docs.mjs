// Fills the tables of settings in docs/generators.md and docs/synthetic-data.md from the schemas; with --check only compares them. Needs the build (dist/).
import { readFileSync } from "node:fs";
import { z } from "zod";
import { writeOrCheck } from "./generated-files.mjs";
import { fieldTable } from "./schema-tables.mjs";

const DOCS_FILE = "docs/generators.md";
const MODULES = {
  "openai-images": { schema: "schema" },
  "openai-chat": { schema: "schema" },
  "sd-webui": { schema: "schema" },
  "sd-webui-interrogate": { module: "sd-webui", schema: "interrogateSchema" },
  comfyui: { schema: "schema" },
  "huggingface-text-to-image": { module: "huggingface", schema: "pictureSchema" },
  "huggingface-image-to-text": { module: "huggingface", schema: "captionSchema" },
  "command for pictures": { module: "command", schema: "pictureSchema" },
  "command for texts": { module: "command", schema: "textSchema" },
  "command for texts from texts": { module: "command", schema: "rewriteSchema" },
  "word-changes": { schema: "schema" },
  diffusion: { schema: "schema" },
  captioner: { schema: "schema" },
  retrieval: { schema: "schema" },
};

const { httpSettings } = await import("../dist/synthesis/generators/http-settings.js");
const network = z.toJSONSchema(z.strictObject(httpSettings), { io: "input" });

/** Returns `[path, schema]` of every field; fields of sections and listed objects are prefixed with their owner's name. */
function flat(properties, prefix = "") {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    if (field.properties !== undefined) return flat(field.properties, `${path}.`);
    const listed = field.items?.properties;
    return listed === undefined ? [[path, field]] : [[path, field], ...flat(listed, `${path}.*.`)];
  });
}

/** Returns required names with their path; a listed object's own required fields are required in it. */
function required(node, prefix = "") {
  const own = (node.required ?? []).map((name) => `${prefix}${name}`);
  const nested = Object.entries(node.properties).flatMap(([name, field]) => {
    if (field.properties !== undefined) return required(field, `${prefix}${name}.`);
    return field.items?.properties === undefined ? [] : required(field.items, `${prefix}${name}.*.`);
  });
  return [...own, ...nested];
}

async function tableOf(name) {
  if (name === "all network adapters") return fieldTable(flat(network.properties), required(network));
  const { module = name, schema } = MODULES[name];
  const node = z.toJSONSchema((await import(`../dist/synthesis/generators/${module}.js`))[schema], {
    io: "input",
  });
  // The settings that all network adapters share are listed once.
  const own = Object.entries(node.properties).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(network.properties[field]),
  );
  return fieldTable(flat(Object.fromEntries(own)), required(node));
}

const PLAN_FILE = "docs/synthetic-data.md";
const BLOCK = /(<!-- settings of (.+?): generated .*?-->\n)[\s\S]*?(<!-- end of settings -->)/g;

/** Returns the page with the named tables filled in; each must have a place in it. */
async function filled(file, names, table) {
  const page = readFileSync(file, "utf8");
  const tables = new Map();
  for (const [, , name] of page.matchAll(BLOCK)) tables.set(name, await table(name));
  const missing = names.filter((name) => !tables.has(name));
  if (missing.length > 0) throw new Error(`${file} has no place for the settings of ${missing.join(", ")}`);
  return page.replace(BLOCK, (_, head, name, foot) => `${head}\n${tables.get(name)}\n\n${foot}`);
}

async function planTable() {
  const { synthesisPlanSchema } = await import("../dist/plan/plan-schema.js");
  const node = z.toJSONSchema(synthesisPlanSchema, { io: "input" });
  // docs/generators.md lists the generators' own fields.
  for (const role of ["textToImage", "imageToText", "textToText"]) delete node.properties[role].properties;
  return fieldTable(flat(node.properties), required(node));
}

writeOrCheck({
  [DOCS_FILE]: await filled(DOCS_FILE, ["all network adapters", ...Object.keys(MODULES)], tableOf),
  [PLAN_FILE]: await filled(PLAN_FILE, ["a plan"], planTable),
});
