// Pictures and captions from Hugging Face's inference API (`POST models/{model}`) or an inference endpoint that speaks it.
import { Buffer } from "node:buffer";
import { z } from "zod";
import { type ApiKey, readKey } from "./api-key.ts";
import { bytesOfBase64, checkedCaption, checkedPicture, pixelsOf } from "./checked-content.ts";
import { discreetPictures, discreetTexts } from "./discreet.ts";
import { GeneratorRefusal, type ImageToText, type TextToImage } from "./generator.ts";
import { type HttpAnswer, readJson, unexpectedAnswer } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, extraSetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { mentionTemplateSetting } from "./mentions.ts";
import { holdsPicture, pictureAnswerSchema, readPictureAnswer } from "./picture-answer.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";
import type { Environment } from "./secrets.ts";
import { saidText } from "./thoughts.ts";

const PICTURES = "huggingface-text-to-image";
const CAPTIONS = "huggingface-image-to-text";

const serverSettings = {
  baseUrl: z
    .string()
    .min(1)
    .default("https://router.huggingface.co/hf-inference/models")
    .describe("Address to which the model's name is appended."),
  endpoint: z
    .string()
    .min(1)
    .optional()
    .describe("Address of your own inference endpoint; requests go there, and `model` is only recorded."),
  model: z.string().min(1).describe('Name of the model on the hub, like "stabilityai/stable-diffusion-2-1".'),
  ...httpSettings,
  concurrency: concurrencySetting(2),
  extra: extraSetting.describe(
    "Further generation parameters (`parameters`), sent unchanged. Never put a secret here.",
  ),
};

const side = z.int().min(16).max(4096);

export const pictureSchema = z.strictObject({
  adapter: z.literal(PICTURES),
  ...serverSettings,
  promptTemplate: promptTemplateSetting,
  negativePrompt: z.string().optional().describe("What the picture should not show."),
  width: side.optional().describe("Width in pixels. Absent: the model's own."),
  height: side.optional().describe("Height in pixels. Absent: the model's own."),
  steps: z.int().positive().max(1000).optional().describe("Denoising steps. Absent: the model's default."),
  guidance: z
    .number()
    .min(0)
    .optional()
    .describe("Weight of the prompt (guidance scale). Absent: the model's default."),
  maxPixels: maxPixelsSetting,
});

export const captionSchema = z.strictObject({
  adapter: z.literal(CAPTIONS),
  ...serverSettings,
  mentionTemplate: mentionTemplateSetting,
});

const captionAnswer = z.object({ generated_text: z.string().nullable() });
const captionAnswers = z.union([captionAnswer, z.array(captionAnswer).min(1)]);
const holdsCaption = (json: unknown) => captionAnswers.safeParse(json).success;

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openHuggingfacePictures(
  settings: z.output<typeof pictureSchema>,
  environment: Environment,
): TextToImage {
  const { client, path, key } = connect(PICTURES, settings, environment);
  const { model, promptTemplate, negativePrompt, width, height, steps, guidance, extra } = settings;
  const generator: TextToImage = {
    identity: {
      adapter: PICTURES,
      model,
      settings: {
        promptTemplate,
        negativePrompt: negativePrompt ?? null,
        width: width ?? null,
        height: height ?? null,
        steps: steps ?? null,
        guidance: guidance ?? null,
        extra,
      },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture(request, signal) {
      const parameters = {
        ...extra,
        // JSON leaves out what is undefined.
        negative_prompt: negativePrompt,
        width,
        height,
        num_inference_steps: steps,
        guidance_scale: guidance,
        seed: request.seed,
      };
      const body = { inputs: promptOf(promptTemplate, request.prompt), parameters };
      const answer = await client.post(
        path,
        body,
        { accept: "image/png", holdsAnswer: holdsPicture },
        signal,
      );
      // Some models answer with JSON even where a picture is accepted.
      const bytes = answer.looksLikeJson ? pictureInJson(answer, key) : answer.bytes;
      return { content: await checkedPicture(bytes, settings.maxPixels, answer.place) };
    },
    dispose: () => client.dispose(),
  };
  return discreetPictures(generator, client.secrets);
}

/**
 * Captioners of this API take no instruction: mentions are not asked for; `mentionTemplate` may add them.
 *
 * @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address`
 */
export function openHuggingfaceCaptions(
  settings: z.output<typeof captionSchema>,
  environment: Environment,
): ImageToText {
  const { client, path, key } = connect(CAPTIONS, settings, environment);
  const { model, extra, mentionTemplate } = settings;
  const generator: ImageToText = {
    identity: { adapter: CAPTIONS, model, settings: { extra, mentionTemplate: mentionTemplate ?? null } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async text(request, signal) {
      const { bytes } = pixelsOf(request.picture, CAPTIONS);
      const parameters = Object.keys(extra).length === 0 ? {} : { parameters: extra };
      const body = { inputs: Buffer.from(bytes).toString("base64"), ...parameters };
      const expected = { accept: "application/json", holdsAnswer: holdsCaption };
      const answer = await client.post(path, body, expected, signal);
      const said = readJson(answer, captionAnswers, key);
      const caption = (Array.isArray(said) ? said[0]! : said).generated_text; // the schema asks for one at least
      const { text, removed } = saidText(caption ?? "", answer.place);
      const content = checkedCaption(text, mentionTemplate, request.mentions, answer.place);
      return removed === undefined ? { content } : { content, details: { removed } };
    },
    dispose: () => client.dispose(),
  };
  return discreetTexts(generator, client.secrets);
}

function connect(
  adapter: string,
  settings: z.output<typeof captionSchema> | z.output<typeof pictureSchema>,
  environment: Environment,
): { client: HttpClient; path: string; key: ApiKey | undefined } {
  const key = readKey(settings.keyFrom, environment, adapter);
  const { endpoint, baseUrl, model } = settings;
  const client = new HttpClient({ adapter, baseUrl: endpoint ?? baseUrl, key, settings, environment });
  return {
    client,
    key,
    path: endpoint === undefined ? model.split("/").map(encodeURIComponent).join("/") : "",
  };
}

function pictureInJson(answer: HttpAnswer, key: ApiKey | undefined): Uint8Array {
  const { place, isWithheld } = readPictureAnswer(readJson(answer, pictureAnswerSchema, key));
  if (isWithheld) {
    throw new GeneratorRefusal("nsfw", `${PICTURES}: the server's safety checker withholds the picture`);
  }
  if (place !== undefined && "base64" in place) return bytesOfBase64(place.base64, answer.place);
  throw unexpectedAnswer(answer.place, "it is JSON without a picture in Base64", key);
}
