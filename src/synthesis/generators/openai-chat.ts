// Texts about pictures from servers that speak OpenAI's `POST /v1/chat/completions`; sends the picture as a
// data URL.
import { Buffer } from "node:buffer";
import { z } from "zod";
import { readKey } from "./api-key.ts";
import { chatAnswerSchema, holdsChat, textOfChat } from "./chat-answer.ts";
import { checkedText, pixelsOf } from "./checked-content.ts";
import { discreetTexts } from "./discreet.ts";
import type { ImageToText } from "./generator.ts";
import { readJson } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, extraSetting, httpSettings } from "./http-settings.ts";
import { instructionOf, instructionSettings } from "./prompts.ts";
import { saidPost } from "./said-post.ts";
import type { Environment } from "./secrets.ts";

const ADAPTER = "openai-chat";

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  baseUrl: z
    .string()
    .min(1)
    .default("https://api.openai.com/v1")
    .describe("The server's address up to and including `/v1`."),
  model: z.string().min(1).describe("The server's name of a model that reads pictures."),
  ...httpSettings,
  concurrency: concurrencySetting(4),
  ...instructionSettings,
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(1)
    .describe("Sampling temperature; must be above 0 if the answers of different chains are to differ."),
  maxTokens: z.int().positive().default(300).describe("Maximum length of an answer, in tokens of the model."),
  maxTokensField: z
    .enum(["max_completion_tokens", "max_tokens"])
    .default("max_completion_tokens")
    .describe("The server's name for this limit; older servers use `max_tokens`."),
  sendSeed: z.boolean().default(true).describe("Whether to send a `seed`."),
  pictureDetail: z
    .enum(["auto", "low", "high"])
    .optional()
    .describe("Level of detail at which the model reads pictures (`image_url.detail`). Absent: its default."),
  extra: extraSetting,
});

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openOpenaiChat(settings: z.output<typeof schema>, environment: Environment): ImageToText {
  const key = readKey(settings.keyFrom, environment, ADAPTER);
  const { baseUrl, model, temperature, maxTokens, sendSeed, pictureDetail, extra } = settings;
  const client = new HttpClient({ adapter: ADAPTER, baseUrl, key, settings, environment });
  const { instruction, mentionInstruction } = settings;
  const generator: ImageToText = {
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
      const expected = { accept: "application/json", holdsAnswer: holdsChat };
      const answer = await client.post("chat/completions", body, expected, signal);
      const { place } = answer;
      const chat = readJson(answer, chatAnswerSchema, key);
      const { text, removed } = saidPost(
        textOfChat(chat, { adapter: ADAPTER, place, maxTokens, key }),
        ADAPTER,
        place,
      );
      const details = {
        ...(typeof chat.model === "string" ? { model: chat.model } : {}),
        ...(removed === undefined ? {} : { removed }),
      };
      const content = checkedText(text, place);
      return Object.keys(details).length === 0 ? { content } : { content, details };
    },
    dispose: () => client.dispose(),
  };
  return discreetTexts(generator, client.secrets);
}
