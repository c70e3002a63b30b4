// Pictures from servers that speak OpenAI's `POST /v1/images/generations`: OpenAI itself, LocalAI, and many others.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { readKey } from "./api-key.ts";
import { bytesOfBase64, checkedPicture } from "./checked-content.ts";
import { discreetPictures } from "./discreet.ts";
import { GeneratorRefusal, type TextToImage } from "./generator.ts";
import { readJson, unexpectedAnswer } from "./http-answer.ts";
import { HttpClient } from "./http-client.ts";
import { concurrencySetting, extraSetting, httpSettings, maxPixelsSetting } from "./http-settings.ts";
import { holdsPicture, type PicturePlace, pictureAnswerSchema, readPictureAnswer } from "./picture-answer.ts";
import { promptOf, promptTemplateSetting } from "./prompts.ts";
import type { Environment } from "./secrets.ts";

const ADAPTER = "openai-images";

export const schema = z.strictObject({
  adapter: z.literal(ADAPTER),
  baseUrl: z
    .string()
    .min(1)
    .default("https://api.openai.com/v1")
    .describe("The server's address up to and including `/v1`."),
  model: z.string().min(1).describe("The server's name of the model."),
  ...httpSettings,
  concurrency: concurrencySetting(4),
  promptTemplate: promptTemplateSetting,
  size: z
    .string()
    .regex(/^(auto|\d+x\d+)$/, 'must be "auto" or like "1024x1024"')
    .default("1024x1024")
    .describe("Size of the pictures."),
  quality: z.string().min(1).optional().describe("Quality, as named by the model. Absent: its default."),
  responseFormat: z
    .enum(["b64_json", "url"])
    .optional()
    .describe(
      "Form in which pictures are returned. Absent: the model's default (`gpt-image-1` offers no choice).",
    ),
  sendSeed: z
    .boolean()
    .default(false)
    .describe("Whether to send a `seed`; OpenAI rejects it, but some compatible servers use it."),
  pictureHosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Further hosts (`host` or `host:port`), besides the server's own, from which pictures may be downloaded.",
    ),
  maxPixels: maxPixelsSetting,
  extra: extraSetting,
});

/** @throws SynthesisError `synthesis/no-key`, `synthesis/bad-key`, `synthesis/bad-address` */
export function openOpenaiImages(settings: z.output<typeof schema>, environment: Environment): TextToImage {
  const key = readKey(settings.keyFrom, environment, ADAPTER);
  const { baseUrl, model, promptTemplate, size, quality, responseFormat, sendSeed, extra } = settings;
  const client = new HttpClient({ adapter: ADAPTER, baseUrl, key, settings, environment });
  const fixed = {
    model,
    n: 1,
    size,
    ...(quality === undefined ? {} : { quality }),
    ...(responseFormat === undefined ? {} : { response_format: responseFormat }),
  };
  const generator: TextToImage = {
    identity: {
      adapter: ADAPTER,
      model,
      settings: { promptTemplate, size, quality: quality ?? null, sendSeed, extra },
    },
    concurrency: settings.concurrency,
    costPerCall: settings.costPerCall,
    async picture(request, signal) {
      const prompt = promptOf(promptTemplate, request.prompt);
      const seed = sendSeed ? { seed: request.seed } : {};
      const answer = await client.post(
        "images/generations",
        { ...extra, ...fixed, ...seed, prompt },
        { accept: "application/json", holdsAnswer: holdsPicture },
        signal,
      );
      const { place, revisedPrompt, isWithheld } = readPictureAnswer(
        readJson(answer, pictureAnswerSchema, key),
      );
      if (isWithheld) {
        throw new GeneratorRefusal("nsfw", `${ADAPTER}: the server's safety checker withholds the picture`);
      }
      const bytes = await bytesOf(place, answer.place, client, settings.pictureHosts, signal);
      const content = await checkedPicture(bytes, settings.maxPixels, answer.place);
      return revisedPrompt === undefined ? { content } : { content, details: { revisedPrompt } };
    },
    dispose: () => client.dispose(),
  };
  return discreetPictures(generator, client.secrets);
}

async function bytesOf(
  picture: PicturePlace | undefined,
  place: string,
  client: HttpClient,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (picture !== undefined && "base64" in picture) return bytesOfBase64(picture.base64, place);
  if (picture === undefined || !URL.canParse(picture.url, `${client.origin}/`)) {
    throw unexpectedAnswer(place, "it contains no picture: neither b64_json nor a usable url", client.key);
  }
  const url = new URL(picture.url, `${client.origin}/`);
  if (!mayFetch(url, client.origin, hosts)) {
    throw new SynthesisError({
      code: "synthesis/host-not-allowed",
      message: `${place} points to a picture on ${url.protocol}//${client.key?.redact(url.host) ?? url.host}, which is not configured`,
      place: "pictureHosts",
      remedy: `To allow downloads from there, add the host to pictureHosts; or set responseFormat to "b64_json".`,
    });
  }
  const answer = await client.send({ url, method: "GET", accept: "image/*", counted: false }, signal);
  return answer.bytes;
}

/** The server's own origin, or a host that the user names: by https, or by http where the server is spoken to by http. */
function mayFetch(url: URL, origin: string, hosts: readonly string[]): boolean {
  if (url.origin === origin) return true;
  const secure = url.protocol === "https:" || (url.protocol === "http:" && origin.startsWith("http:"));
  return secure && url.username === "" && url.password === "" && hosts.includes(url.host);
}
