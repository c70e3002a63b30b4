// Fills the tables of settings in docs/generators.md and docs/synthetic-data.md from the schemas; with --check only compares them. Needs the build (dist/).
import { readFileSync } from "node:fs";
import { z } from "zod";
import { synthesisPlanSchema } from "../dist/plan/plan-schema.js";
import * as captioner from "../dist/synthesis/generators/captioner.js";
import * as comfyui from "../dist/synthesis/generators/comfyui.js";
import * as command from "../dist/synthesis/generators/command.js";
import * as diffusion from "../dist/synthesis/generators/diffusion.js";
import { httpSettings } from "../dist/synthesis/generators/http-settings.js";
import * as huggingface from "../dist/synthesis/generators/huggingface.js";
import * as openaiChat from "../dist/synthesis/generators/openai-chat.js";
import * as openaiImages from "../dist/synthesis/generators/openai-images.js";
import * as retrieval from "../dist/synthesis/generators/retrieval.js";
import * as sdWebui from "../dist/synthesis/generators/sd-webui.js";
import * as wordChanges from "../dist/synthesis/generators/word-changes.js";
import { writeOrCheck } from "./generated-files.mjs";
import { fieldTable } from "./schema-tables.mjs";

const DOCS_FILE = "docs/generators.md";
const SCHEMAS = {
  "openai-images": openaiImages.schema,
  "openai-chat": openaiChat.schema,
  "sd-webui": sdWebui.schema,
  "sd-webui-interrogate": sdWebui.interrogateSchema,
  comfyui: comfyui.schema,
  "huggingface-text-to-image": huggingface.pictureSchema,
  "huggingface-image-to-text": huggingface.captionSchema,
  "command for pictures": command.pictureSchema,
  "command for texts": command.textSchema,
  "command for texts from texts": command.rewriteSchema,
  "word-changes": wordChanges.schema,
  diffusion: diffusion.schema,
  captioner: captioner.schema,
  retrieval: retrieval.schema,
};

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
  const node = z.toJSONSchema(SCHEMAS[name], { io: "input" });
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
  const node = z.toJSONSchema(synthesisPlanSchema, { io: "input" });
  // docs/generators.md lists the generators' own fields.
  for (const role of ["textToImage", "imageToText", "textToText"]) delete node.properties[role].properties;
  return fieldTable(flat(node.properties), required(node));
}

writeOrCheck({
  [DOCS_FILE]: await filled(DOCS_FILE, ["all network adapters", ...Object.keys(SCHEMAS)], tableOf),
  [PLAN_FILE]: await filled(PLAN_FILE, ["a plan"], planTable),
});
