// The settings of the built-in annotator: a server that speaks OpenAI's chat completions, how to ask it, and its prices.
import { z } from "zod";
import { concurrencySetting, extraSetting, httpSettings } from "../synthesis/generators/http-settings.ts";

export const CHAT_ANNOTATOR = "chat-annotator";

const { costPerCall: _, ...connection } = httpSettings; // it follows from the prices

const price = z.number().min(0).default(0);

export const annotatorSettingsShape = z.strictObject({
  baseUrl: z
    .string()
    .min(1)
    .default("https://api.openai.com/v1")
    .describe("The server's address up to and including `/v1`."),
  model: z.string().min(1).describe("The server's name of the model."),
  ...connection,
  maxAnswerBytes: z.int().positive().default(4_000_000).describe("Maximum size of an answer, in bytes."),
  concurrency: concurrencySetting(4),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(0.7)
    .describe("Sampling temperature; with 0, samples agree because they are the same, which says nothing."),
  maxTokens: z
    .int()
    .positive()
    .default(1500)
    .describe("Maximum length of an answer, in tokens of the model."),
  maxTokensField: z
    .enum(["max_completion_tokens", "max_tokens"])
    .default("max_completion_tokens")
    .describe("The server's name for this limit; older servers use `max_tokens`."),
  sendSeed: z.boolean().default(true).describe("Whether to send a `seed`, another one for each sample."),
  responseFormat: z
    .enum(["auto", "json_schema", "json_object", "none"])
    .default("auto")
    .describe(
      "How the server is asked to constrain the answer. `auto`: by the JSON schema, or if the server refuses that, to JSON, or not at all.",
    ),
  repeats: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe("How often to ask again after an answer that cannot be read."),
  pictureSide: z
    .int()
    .min(64)
    .max(4096)
    .default(768)
    .describe("Pictures are scaled down so that the longer side has at most this many pixels."),
  pictureDetail: z
    .enum(["auto", "low", "high"])
    .optional()
    .describe("Level of detail at which the model reads pictures (`image_url.detail`). Absent: its default."),
  pricePerMillionInput: price.describe("Price of a million input tokens, in a unit of your choice."),
  pricePerMillionOutput: price.describe("Price of a million output tokens, in the same unit."),
  extra: extraSetting,
});

/** The settings with defaults filled in. */
export type AnnotatorSettings = z.output<typeof annotatorSettingsShape>;
