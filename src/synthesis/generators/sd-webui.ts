// Pictures from Stable Diffusion WebUI (started with --api) with `/sdapi/v1/txt2img`, and captions with
// `/sdapi/v1/interrogate`.
import { Buffer } from "node:buffer";
import { z } from "zod";
import { type ApiKey, readKey } from "./api-key.ts";
import { bytesOfBase64, checkedCaption, checkedPicture, pixelsOf } from "./checked-content.ts";
import { discreetPictures, discreetTexts } from "./discreet.ts";
import { GeneratorRefusal, type ImageToText, type TextToImage } from "./generator.ts";
import { readInnerJson, readJson, unexpectedAnswer } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, extraSetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { mentionTemplateSetting } from "./mentions.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";
import type { Environment } from "./secrets.ts";

const PICTURES = "sd-webui";
const CAPTIONS = "sd-webui-interrogate";

const serverSettings = {
  baseUrl: z.string().min(1).default("http://127.0.0.1:7860").describe("The server's address."),
  ...httpSettings,
  keyFrom: httpSettings.keyFrom.describe(
    "Name of the environment variable that contains `user:password` of --api-auth. Absent: requests have none.",
  ),
  // The server has one queue.
  concurrency: concurrencySetting(1),
};

// Latents are an eighth of the picture.
const side = z.int().min(64).max(4096).multipleOf(8);

export const schema = z.strictObject({
  adapter: z.literal(PICTURES),
  model: z.string().min(1).describe("The checkpoint, as listed by the server; it is set for each call."),
  ...serverSettings,
  promptTemplate: promptTemplateSetting,
  negativePrompt: z.string().default("").describe("What the picture should not show."),
  width: side.default(512).describe("Width in pixels."),
  height: side.default(512).describe("Height in pixels."),
  steps: z.int().positive().max(1000).default(25).describe("Denoising steps."),
  guidance: z.number().min(0).default(7.5).describe("Weight of the prompt (`cfg_scale`)."),
  sampler: z.string().min(1).default("Euler").describe("The sampler, as named by the server."),
  maxPixels: maxPixelsSetting,
  extra: extraSetting,
});

export const interrogateSchema = z.strictObject({
  adapter: z.literal(CAPTIONS),
  model: z
    .enum(["clip", "deepdanbooru"])
    .default("clip")
    .describe("The server's captioner. Neither of them can be asked to include mentions."),
  ...serverSettings,
  mentionTemplate: mentionTemplateSetting,
});

const flag = z.union([z.boolean(), z.array(z.boolean())]).nullish();
const pictureAnswer = z.object({
  images: z.array(z.string().nullable()).min(1),
  info: z.string().nullish(),
  // Set by servers of the same protocol that check pictures.
  nsfw_content_detected: flag,
  has_nsfw_concepts: flag,
});
const captionAnswer = z.object({ caption: z.string().nullable() });
const infoSchema = z.object({
  seed: z.number().nullish(),
  sd_model_name: z.string().nullish(),
  sd_model_hash: z.string().nullish(),
  nsfw_content_detected: flag,
});

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openSdWebui(settings: z.output<typeof schema>, environment: Environment): TextToImage {
  const key = readKey(settings.keyFrom, environment, PICTURES, "basic");
  const client = new HttpClient({ adapter: PICTURES, baseUrl: settings.baseUrl, key, settings, environment });
  const { model, promptTemplate, negativePrompt, width, height, steps, guidance, sampler, extra } = settings;
  const generator: TextToImage = {
    identity: {
      adapter: PICTURES,
      model,
      settings: { promptTemplate, negativePrompt, width, height, steps, guidance, sampler, extra },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture(request, signal) {
      const body = {
        ...extra,
        prompt: promptOf(promptTemplate, request.prompt),
        negative_prompt: negativePrompt,
        seed: request.seed,
        width,
        height,
        steps,
        cfg_scale: guidance,
        sampler_name: sampler,
        batch_size: 1,
        n_iter: 1,
        send_images: true,
        save_images: false,
        override_settings: { ...overrides(extra), sd_model_checkpoint: model },
        // Else the server would load its old checkpoint again after each call.
        override_settings_restore_afterwards: false,
      };
      const expected = { accept: "application/json", holdsAnswer: holds(pictureAnswer) };
      const answer = await client.post("sdapi/v1/txt2img", body, expected, signal);
      const { images, info, ...flags } = readJson(answer, pictureAnswer, key);
      const told = readInfo(info, answer.place, key);
      if ([flags.nsfw_content_detected, flags.has_nsfw_concepts, told.nsfw_content_detected].some(isSet)) {
        throw new GeneratorRefusal("nsfw", `${PICTURES}: the server's safety checker withholds the picture`);
      }
      const bytes = bytesOfBase64(images.find((image) => image !== null && image !== "") ?? "", answer.place);
      const content = await checkedPicture(bytes, settings.maxPixels, answer.place);
      const { seed, sd_model_name: name, sd_model_hash: hash } = told;
      return {
        content,
        details: { seed: seed ?? undefined, model: name ?? undefined, modelHash: hash ?? undefined },
      };
    },
    dispose: () => client.dispose(),
  };
  return discreetPictures(generator, client.secrets);
}

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openSdWebuiInterrogate(
  settings: z.output<typeof interrogateSchema>,
  environment: Environment,
): ImageToText {
  const key = readKey(settings.keyFrom, environment, CAPTIONS, "basic");
  const client = new HttpClient({ adapter: CAPTIONS, baseUrl: settings.baseUrl, key, settings, environment });
  const { model, mentionTemplate } = settings;
  const generator: ImageToText = {
    identity: { adapter: CAPTIONS, model, settings: { mentionTemplate: mentionTemplate ?? null } },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async text(request, signal) {
      const { mediaType, bytes } = pixelsOf(request.picture, CAPTIONS);
      const image = `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
      const expected = { accept: "application/json", holdsAnswer: holds(captionAnswer) };
      const answer = await client.post("sdapi/v1/interrogate", { image, model }, expected, signal);
      const caption = readJson(answer, captionAnswer, key).caption ?? "";
      // The server's way to say that its captioner failed: status 200 and this instead of, or after, a caption.
      if (caption.includes("<error>")) {
        throw unexpectedAnswer(answer.place, `the captioner failed: ${caption}`, key);
      }
      return { content: checkedCaption(caption, mentionTemplate, request.mentions, answer.place) };
    },
    dispose: () => client.dispose(),
  };
  return discreetTexts(generator, client.secrets);
}

function overrides(extra: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { override_settings: given } = extra;
  return typeof given === "object" && given !== null && !Array.isArray(given) ? { ...given } : {};
}

/** Whether JSON is an answer of this shape. */
function holds(schema: z.ZodType): (json: unknown) => boolean {
  return (json) => schema.safeParse(json).success;
}

/** `info` is JSON inside JSON. */
function readInfo(
  info: string | null | undefined,
  place: string,
  key: ApiKey | undefined,
): z.output<typeof infoSchema> {
  return info === null || info === undefined || info === ""
    ? {}
    : readInnerJson(info, infoSchema, place, key);
}

function isSet(value: boolean | boolean[] | null | undefined): boolean {
  return Array.isArray(value) ? value.includes(true) : value === true;
}
