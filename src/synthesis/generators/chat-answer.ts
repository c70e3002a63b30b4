// Reads a chat's answer: the text of its first choice, as one string or in parts; distinguishes refusals
// and truncated answers.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import type { ApiKey } from "./api-key.ts";
import { contentPolicy } from "./complaints.ts";
import { quoted, unexpectedAnswer } from "./http-answer.ts";

const partSchema = z.looseObject({
  type: z.string().nullish(),
  text: z.union([z.string(), z.looseObject({ value: z.string() })]).nullish(),
  refusal: z.string().nullish(),
});
const contentSchema = z.union([z.string(), z.array(z.union([z.string(), partSchema])), partSchema]).nullish();

const choiceSchema = z.looseObject({
  finish_reason: z.string().nullish(),
  message: z.looseObject({
    content: contentSchema,
    refusal: z.string().nullish(),
    reasoning: z.unknown().optional(),
    reasoning_content: z.unknown().optional(),
    thinking: z.unknown().optional(),
    tool_calls: z.array(z.unknown()).nullish(),
  }),
});

export const chatAnswerSchema = z.looseObject({
  choices: z.array(choiceSchema).min(1),
  model: z.string().nullish(),
});

/** Whether a body contains a chat's answer of any kind. */
export function holdsChat(json: unknown): boolean {
  return chatAnswerSchema.safeParse(json).success;
}

/**
 * What the first choice says: all of its texts, including thoughts in them.
 *
 * @throws GeneratorRefusal; SynthesisError `synthesis/text-cut-off`, `synthesis/empty-text`, `synthesis/unexpected-answer`
 */
export function textOfChat(
  { choices }: z.output<typeof chatAnswerSchema>,
  where: {
    readonly adapter: string;
    readonly place: string;
    readonly maxTokens: number;
    readonly key: ApiKey | undefined;
  },
): string {
  const { adapter, place, maxTokens, key } = where;
  const { finish_reason: reason, message } = choices[0]!; // the schema asks for one at least
  const { text, refusal } = readContent(message.content);
  const declined = message.refusal || refusal;
  if (declined !== "" || reason === "content_filter") {
    throw contentPolicy(adapter, quoted(declined || "stopped by the content filter", key));
  }
  if (reason === "length" || reason === "max_tokens") throw cutOff(place, maxTokens, text);
  if (text.trim() !== "") return text;
  if ((message.tool_calls?.length ?? 0) > 0) {
    throw unexpectedAnswer(place, "the model called a tool instead of writing a text", key);
  }
  const isThought = [message.reasoning, message.reasoning_content, message.thinking].some(isSaid);
  throw new SynthesisError({
    code: "synthesis/empty-text",
    message: `${place} answered with ${isThought ? "thoughts but no text" : "an empty text"}`,
    place,
    remedy: isThought
      ? "Raise maxTokens, or disable the model's reasoning (in `extra`, in the form the server expects)."
      : "Try the model on such a picture by hand; it may need a different instruction.",
    fault: "work",
  });
}

/** The texts of the content and its refusals; parts of other kinds (thoughts, pictures) are left out. */
function readContent(content: z.output<typeof contentSchema>): {
  readonly text: string;
  readonly refusal: string;
} {
  if (content === null || content === undefined) return { text: "", refusal: "" };
  if (typeof content === "string") return { text: content, refusal: "" };
  const parts = (Array.isArray(content) ? content : [content]).map((part) =>
    typeof part === "string" ? { type: "text", text: part, refusal: undefined } : part,
  );
  const texts = parts.flatMap(({ type, text }) => {
    if (!/^(text|output_text)?$/.test(type ?? "")) return [];
    return [typeof text === "string" ? text : (text?.value ?? "")];
  });
  const refusals = parts.map(({ type, refusal, text }) =>
    type === "refusal" && typeof text === "string" ? text : (refusal ?? ""),
  );
  return { text: texts.join(""), refusal: refusals.filter((one) => one !== "").join(" ") };
}

function isSaid(value: unknown): boolean {
  if (typeof value === "string") return value.trim() !== "";
  return Array.isArray(value) ? value.length > 0 : typeof value === "object" && value !== null;
}

function cutOff(place: string, maxTokens: number, text: string): SynthesisError {
  const where = text.trim() === "" ? " before any text" : "";
  return new SynthesisError({
    code: "synthesis/text-cut-off",
    message: `${place}: the answer was cut off at ${maxTokens} tokens${where}`,
    place,
    value: maxTokens,
    remedy: "Raise maxTokens (a reasoning model needs many), or ask for a shorter text in the instruction.",
    fault: "work",
  });
}
