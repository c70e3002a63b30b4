// Texts about pictures from servers that speak OpenAI's `POST /v1/chat/completions`; the picture travels as a data URL.
import { Buffer } from "node:buffer";
import { z } from "zod";
import { SynthesisError } from "../../errors.ts";
import { type Environment, readKey } from "./api-key.ts";
import { checkedText, pixelsOf } from "./checked-content.ts";
import type { ImageToText } from "./generator.ts";
import { readJson } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, extraSetting, httpSettings } from "./http-settings.ts";
import { contentPolicy, readOpenaiComplaint } from "./openai-complaints.ts";
import { instructionOf, instructionSettings } from "./prompts.ts";

const ADAPTER = "openai-chat";

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  baseUrl: z
    .string()
    .min(1)
    .default("https://api.openai.com/v1")
    .describe("The server's address up to and including `/v1`."),
  model: z.string().min(1).describe("The server's name of a model that sees pictures."),
  ...httpSettings,
  concurrency: concurrencySetting(4),
  ...instructionSettings,
  temperature: z.number().min(0).max(2).default(1).describe("Spread of the answers; chains need some."),
  maxTokens: z.int().positive().default(300).describe("Longest answer, in the model's tokens."),
  maxTokensField: z
    .enum(["max_completion_tokens", "max_tokens"])
    .default("max_completion_tokens")
    .describe("What the server calls that limit; older ones say `max_tokens`."),
  sendSeed: z.boolean().default(true).describe("Whether the request has a `seed`."),
  pictureDetail: z
    .enum(["auto", "low", "high"])
    .optional()
    .describe("How closely the model looks (`image_url.detail`); absent: its default."),
  extra: extraSetting,
});

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  model: z.string().nullish(),
});

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openOpenaiChat(settings: z.output<typeof schema>, environment: Environment): ImageToText {
  const key = readKey(settings.keyFrom, environment, ADAPTER);
  const { baseUrl, model, temperature, maxTokens, sendSeed, pictureDetail, extra } = settings;
  const client = new HttpClient({
    adapter: ADAPTER,
    baseUrl,
    key,
    settings,
    readComplaint: (complaint) => readOpenaiComplaint(complaint, ADAPTER, key),
  });
  const { instruction, mentionInstruction } = settings;
  return {
    identity: {
      adapter: ADAPTER,
      model,
      settings: {
        instruction,
        mentionInstruction,
        temperature,
        maxTokens,
        sendSeed,
        pictureDetail: pictureDetail ?? null,
        extra,
      },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async text(request, signal) {
      const { mediaType, bytes } = pixelsOf(request.picture, ADAPTER);
      const url = `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
      const image = pictureDetail === undefined ? { url } : { url, detail: pictureDetail };
      const body = {
        ...extra,
        model,
        temperature,
        [settings.maxTokensField]: maxTokens,
        ...(sendSeed ? { seed: request.seed } : {}),
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: instructionOf(settings, request.mentions) },
              { type: "image_url", image_url: image },
            ],
          },
        ],
      };
      const answer = await client.post("chat/completions", body, "application/json", signal);
      const { choices, model: answering } = readJson(answer, answerSchema, key);
      const { finish_reason: reason, message } = choices[0]!; // the schema asks for one at least
      if (reason === "content_filter" || (message.refusal ?? "") !== "") {
        throw contentPolicy(ADAPTER, message.refusal ?? "stopped by the content filter", key);
      }
      if (reason === "length") throw cutOff(answer.place, maxTokens);
      const said = message.content ?? "";
      const content = checkedText(key?.redact(said) ?? said, answer.place);
      return typeof answering === "string"
        ? { content, details: { model: key?.redact(answering) ?? answering } }
        : { content };
    },
    dispose: () => client.dispose(),
  };
}

function cutOff(place: string, maxTokens: number): SynthesisError {
  return new SynthesisError({
    code: "synthesis/text-cut-off",
    message: `${place}: the answer was cut off at ${maxTokens} tokens`,
    place,
    value: maxTokens,
    remedy: "Raise maxTokens, or ask for a shorter text in the instruction.",
    fault: "work",
  });
}
