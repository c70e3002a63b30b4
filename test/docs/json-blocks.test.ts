// Every JSON block is what its page calls it: a document, a configuration, a plan, a workflow; so are a plan's generators in TypeScript.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { annotatorSettingsShape } from "../../src/annotate/annotator-settings.ts";
import { parseAnnotationSchema } from "../../src/annotate/schema.ts";
import { parseLayers } from "../../src/config/parse.ts";
import { parseDocument } from "../../src/data/parse-document.ts";
import { GENERATOR_ADAPTERS } from "../../src/experiments/generator-adapters.ts";
import { Extensions } from "../../src/extensions/extension.ts";
import { parsePlan } from "../../src/plan/load-plan.ts";
import * as captioner from "../../src/synthesis/generators/captioner.ts";
import * as comfyui from "../../src/synthesis/generators/comfyui.ts";
import * as command from "../../src/synthesis/generators/command.ts";
import * as diffusion from "../../src/synthesis/generators/diffusion.ts";
import * as huggingface from "../../src/synthesis/generators/huggingface.ts";
import * as openaiChat from "../../src/synthesis/generators/openai-chat.ts";
import * as openaiImages from "../../src/synthesis/generators/openai-images.ts";
import * as retrieval from "../../src/synthesis/generators/retrieval.ts";
import * as sdWebui from "../../src/synthesis/generators/sd-webui.ts";
import * as wordChanges from "../../src/synthesis/generators/word-changes.ts";
import * as simulator from "../../src/world/simulator.ts";
import { allBlocks, type Block, placeOf } from "./fenced-blocks.ts";
import { isGeneratorSettings } from "./generator-blocks.ts";

const BLOCKS = allBlocks();

/** Kinds of JSON values, recognised by a field; the first counts, for an annotation schema has entities, too. */
const KINDS: readonly { readonly has: string; readonly check: (value: unknown) => void }[] = [
  { has: "encoder", check: (value) => parseLayers([value], "a page", Extensions.NONE) },
  { has: "guidelines", check: (value) => parseAnnotationSchema(value, "a page") },
  { has: "pictureSide", check: (value) => annotatorSettingsShape.parse(value) },
  { has: "entities", check: checkDocument },
  { has: "direction", check: checkPlan },
  { has: "kind", check: checkRequest },
  { has: "3", check: checkWorkflow },
];

/** The settings of every generator. */
const SETTINGS: Readonly<
  Record<"textToImage" | "imageToText" | "textToText", Readonly<Record<string, z.ZodType>>>
> = {
  textToImage: {
    "openai-images": openaiImages.schema,
    "sd-webui": sdWebui.schema,
    comfyui: comfyui.schema,
    "huggingface-text-to-image": huggingface.pictureSchema,
    command: command.pictureSchema,
    diffusion: diffusion.schema,
    retrieval: retrieval.schema,
    simulator: simulator.simulatedPictureSchema,
  },
  imageToText: {
    "openai-chat": openaiChat.schema,
    "sd-webui-interrogate": sdWebui.interrogateSchema,
    "huggingface-image-to-text": huggingface.captionSchema,
    captioner: captioner.schema,
    command: command.textSchema,
    retrieval: retrieval.schema,
    simulator: simulator.simulatedTextSchema,
  },
  textToText: { "word-changes": wordChanges.schema, command: command.rewriteSchema },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, "plans-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a block of JSON", () => {
  const blocks = BLOCKS.filter(({ language }) => language === "json").map(
    (one) => [placeOf(one), one] as const,
  );
  it.each(blocks)("at %s is what its page says", (_, { code }) => {
    const value = JSON.parse(code) as Record<string, unknown>;
    const kind = KINDS.find(({ has }) => Object.hasOwn(value, has));
    expect(kind).toBeDefined();
    kind?.check(value);
  });
});

describe("a module that exports settings", () => {
  const blocks = BLOCKS.filter(
    ({ code }) => code.includes("export default") && !code.includes("relata/extend"), // extending.test.ts runs these
  ).map((one) => [placeOf(one), one] as const);
  it.each(blocks)("at %s exports a configuration, or generators of a plan", async (place, { code }) => {
    const file = join(folder, `${place.replace(/\W/g, "-")}.ts`);
    const library = JSON.stringify(join(import.meta.dirname, "../../src/index.ts"));
    await writeFile(file, code.replace('"relata"', library));
    const { default: value } = (await import(file)) as { default: Record<string, unknown> };
    if (Object.hasOwn(value, "encoder")) parseLayers([value], "a page", Extensions.NONE);
    else checkGenerators(value);
  });
});

describe("generators of a plan", () => {
  const blocks = BLOCKS.filter(isGeneratorSettings).map((one) => [placeOf(one), one] as const);
  it.each(blocks)("at %s have settings that they take", async (place, block) => {
    checkGenerators(await planOf(block, place));
  });

  it("would not pass with a misspelt setting", () => {
    expect(() => checkGenerators({ textToImage: { adapter: "comfyui", workflw: "x.json" } })).toThrow();
    expect(() => checkGenerators({ imageToText: { adapter: "comfyui", workflow: "x.json" } })).toThrow();
  });
});

async function planOf({ code }: Block, place: string): Promise<Record<string, unknown>> {
  const file = join(folder, `${place.replace(/\W/g, "-")}.ts`);
  await writeFile(file, `export const plan = {\n${code}};\n`);
  return ((await import(file)) as { plan: Record<string, unknown> }).plan;
}

function checkDocument(value: unknown): void {
  expect(parseDocument(value, "a page").defects).toEqual([]);
}

function checkPlan(value: unknown): void {
  if (Object.hasOwn(value as object, "extensions")) return; // extending.test.ts runs it with its extensions
  parsePlan(value, "a page", ".", GENERATOR_ADAPTERS);
  checkGenerators(value as Record<string, unknown>);
}

function checkGenerators(plan: Record<string, unknown>): void {
  const named = (["textToImage", "imageToText", "textToText"] as const).filter(
    (role) => plan[role] !== undefined,
  );
  expect(named).not.toEqual([]);
  for (const role of named) {
    const settings = plan[role] as { readonly adapter: string };
    const schema = SETTINGS[role][settings.adapter];
    if (schema === undefined) throw new Error(`${role} has no adapter ${settings.adapter}`);
    schema.parse(settings);
  }
}

/** The input of a program that makes a view. */
function checkRequest(value: unknown): void {
  const made = ["seed", "instance", "step", "folder"];
  const { kind } = value as { readonly kind: string };
  const own: Readonly<Record<string, readonly string[]>> = {
    picture: ["prompt", "exclude"],
    text: ["picture", "mediaType", "instruction", "mentions"],
    rewrite: ["text", "mentions", "spans"],
  };
  expect(Object.keys(value as object).sort()).toEqual(["kind", ...own[kind]!, ...made].sort());
}

/** A workflow marks where the prompt and the seed are inserted. */
function checkWorkflow(value: unknown): void {
  expect(JSON.stringify(value)).toContain("{prompt}");
  expect(JSON.stringify(value)).toContain("{seed}");
}
