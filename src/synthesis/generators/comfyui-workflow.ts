// A user's ComfyUI workflow in API format: read, checked for its placeholders, and filled in for each call.

import { z } from "zod";
import { DataError, SynthesisError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { readWholeText } from "../../base/whole-file.ts";

export interface Workflow {
  readonly nodes: Readonly<Record<string, unknown>>;
  /** SHA-256 of the workflow's JSON without its white space, hexadecimal. */
  readonly sha256: string;
}

/** Values of the placeholders `{prompt}`, `{negativePrompt}` and `{seed}`. */
export interface PlaceholderValues {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
}

const nodesSchema = z.record(
  z.string(),
  z.looseObject({ class_type: z.string(), inputs: z.looseObject({}) }),
);

/**
 * Reads a workflow file.
 *
 * @param negative whether there is a negative prompt that needs its place
 * @throws SynthesisError `synthesis/bad-workflow`
 */
export async function readWorkflow(path: string, negative: boolean): Promise<Workflow> {
  const text = await readText(path);
  const json = parse(text, path);
  const result = nodesSchema.safeParse(json);
  if (!result.success || Object.keys(result.data).length === 0) {
    throw badWorkflow(
      path,
      "it is not in API format (an object of nodes with class_type and inputs)",
      "Save it in ComfyUI with Export (API); the plain Save format cannot be queued.",
    );
  }
  const compact = JSON.stringify(json);
  for (const placeholder of negative ? ["prompt", "seed", "negativePrompt"] : ["prompt", "seed"]) {
    if (compact.includes(`{${placeholder}}`)) continue;
    throw badWorkflow(
      path,
      `it does not contain "{${placeholder}}"`,
      `Write "{${placeholder}}", in quotes, where the workflow needs this value.`,
    );
  }
  return { nodes: result.data, sha256: sha256(compact) };
}

/** The workflow's nodes with the values in place of the placeholders; a text that is nothing but `{seed}` becomes a number. */
export function fillWorkflow(workflow: Workflow, values: PlaceholderValues): unknown {
  return fill(workflow.nodes, values);
}

function fill(value: unknown, values: PlaceholderValues): unknown {
  if (typeof value === "string") {
    if (value === "{seed}") return values.seed;
    // In one pass, so that "{seed}" in a prompt is kept.
    return value.replaceAll(/\{(prompt|negativePrompt|seed)\}/g, (_, name: keyof PlaceholderValues) =>
      String(values[name]),
    );
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner, values)]));
}

async function readText(path: string): Promise<string> {
  try {
    return await readWholeText(path);
  } catch (cause) {
    if (cause instanceof DataError) throw badWorkflow(path, cause.message, cause.remedy, cause);
    const { code } = cause as NodeJS.ErrnoException;
    throw badWorkflow(path, `it cannot be read (${code})`, "Check the path in `workflow`.", cause);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw badWorkflow(
      path,
      `it is not JSON: ${(cause as Error).message}`,
      "Export it from ComfyUI again.",
      cause,
    );
  }
}

function badWorkflow(path: string, what: string, remedy: string, cause?: unknown): SynthesisError {
  return new SynthesisError({
    code: "synthesis/bad-workflow",
    message: `comfyui: the workflow cannot be used: ${what}`,
    place: path,
    remedy,
    cause,
  });
}
