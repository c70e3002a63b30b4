// Finds the picture in the answers of OpenAI-compatible servers: Base64, a data URL or an address, under
// several names, possibly next to empty fields.
import { z } from "zod";

/** Source of an answer's picture; exactly one field is set. */
export type PicturePlace = { readonly base64: string } | { readonly url: string };

export interface PictureAnswer {
  readonly place: PicturePlace | undefined;
  readonly revisedPrompt: string | undefined;
  /** The server's safety checker says that it withholds the picture. */
  readonly isWithheld: boolean;
}

const text = z.string().nullish();
const flag = z.union([z.boolean(), z.array(z.boolean())]).nullish();
const address = z.union([z.string(), z.looseObject({ url: text })]).nullish();
const item = z.union([
  z.string(),
  z.looseObject({
    b64_json: text,
    base64: text,
    b64: text,
    image_base64: text,
    image: text,
    result: text,
    url: address,
    image_url: address,
    revised_prompt: text,
    finish_reason: text,
    nsfw_content_detected: flag,
    has_nsfw_concepts: flag,
  }),
]);
const items = z.array(item.nullish()).nullish();
const message = z.looseObject({ images: items, content: z.unknown().optional() });

/** OpenAI's answer, and those of servers that put pictures into `images`, `output` or a chat's message. */
export const pictureAnswerSchema = z.looseObject({
  data: z.union([z.array(item.nullish()), item]).nullish(),
  images: items,
  output: items.catch(undefined),
  choices: z.array(z.looseObject({ message: message.nullish() })).nullish(),
  nsfw_content_detected: flag,
  has_nsfw_concepts: flag,
});

/** Whether a body holds a picture, or says that one is withheld. */
export function holdsPicture(json: unknown): boolean {
  const parsed = pictureAnswerSchema.safeParse(json);
  if (!parsed.success) return false;
  const { place, isWithheld } = readPictureAnswer(parsed.data);
  return place !== undefined || isWithheld;
}

/** The first picture of an answer. */
export function readPictureAnswer(answer: z.output<typeof pictureAnswerSchema>): PictureAnswer {
  const { data, images, output, choices } = answer;
  const found = [
    ...(Array.isArray(data) ? data : [data]),
    ...(images ?? []),
    ...(output ?? []),
    ...(choices ?? []).flatMap((choice) => choice.message?.images ?? []),
  ].flatMap((one) => (one === null || one === undefined ? [] : [one]));
  const withPlace = found
    .map((one) => ({ one, place: placeOf(one) }))
    .find(({ place }) => place !== undefined);
  const from = withPlace?.one;
  const revised = typeof from === "object" ? from.revised_prompt : undefined;
  const flags = [answer, ...found].flatMap((one) =>
    typeof one === "string" ? [] : [one.nsfw_content_detected, one.has_nsfw_concepts, one.finish_reason],
  );
  return {
    place: withPlace?.place,
    revisedPrompt: typeof revised === "string" && revised !== "" ? revised : undefined,
    isWithheld: flags.flat().some((one) => one === true || one === "content_filter"),
  };
}

function placeOf(one: z.output<typeof item>): PicturePlace | undefined {
  if (typeof one === "string") return placeOfBase64(one);
  const { b64_json, base64, b64, image_base64, image, result, url, image_url } = one;
  for (const value of [b64_json, base64, b64, image_base64, image, result]) {
    const place = placeOfBase64(value);
    if (place !== undefined) return place;
  }
  for (const value of [url, image_url]) {
    const place = placeOfUrl(typeof value === "string" ? value : value?.url);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** Some servers swap the two fields. */
function placeOfBase64(value: string | null | undefined): PicturePlace | undefined {
  const said = value?.trim() ?? "";
  if (said === "") return undefined;
  return /^https?:\/\//i.test(said) ? { url: said } : { base64: said };
}

function placeOfUrl(value: string | null | undefined): PicturePlace | undefined {
  const said = value?.trim() ?? "";
  if (said === "") return undefined;
  return /^data:/i.test(said) || LONG_BASE64.test(said) ? { base64: said } : { url: said };
}

/** No address is so long without a dot or a colon. */
const LONG_BASE64 = /^[A-Za-z0-9+/]{200,}={0,2}$/;
