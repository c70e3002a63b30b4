// Inputs of generators: prompts from a template, and instructions that name the mentions a text must contain.
import { z } from "zod";

export const promptTemplateSetting = z
  .string()
  .refine((template) => template.includes("{text}"), "must contain {text}")
  .default("{text}")
  .describe("The prompt; `{text}` stands for the text to draw.");

export const instructionSettings = {
  instruction: z
    .string()
    .min(1)
    .default("Write one short post that someone might publish together with this picture.")
    .describe("The instruction to the model."),
  mentionInstruction: z
    .string()
    .refine((template) => template.includes("{mentions}"), "must contain {mentions}")
    .default(
      "The post must contain each of the following exactly as written here: {mentions}. Answer with the post alone.",
    )
    .describe(
      "Appended to the instruction when mentions are required; `{mentions}` stands for them, in quotes.",
    ),
};

/** The template with the text in it; braces in the text stay what they are. */
export function promptOf(template: string, text: string): string {
  return template.replaceAll("{text}", () => text);
}

/** The instruction, followed by the demand for the mentions where there are any. */
export function instructionOf(
  settings: { readonly instruction: string; readonly mentionInstruction: string },
  mentions: readonly string[],
): string {
  if (mentions.length === 0) return settings.instruction;
  const listed = [...new Set(mentions)].map((mention) => `"${mention}"`).join(" and ");
  return `${settings.instruction} ${settings.mentionInstruction.replaceAll("{mentions}", () => listed)}`;
}
