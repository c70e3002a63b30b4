// Pictures as base64: the text is decoded strictly, so that a damaged one is not read as another picture.
import { RequestError } from "../request-error.ts";

const DATA_URL = /^data:[\w.+-]+\/[\w.+-]+(?:;[\w-]+=[\w.+-]+)*;base64,/;
const MAX_PREFIX = 200;

/**
 * Decodes base64, or a data URL with base64. Both alphabets, missing padding and line breaks are accepted.
 *
 * @param place the field, for the message
 * @throws RequestError `serving/bad-base64`, `serving/body-too-large`
 */
export function decodeBase64(given: string | Buffer, place: string, maxBytes: number): Buffer {
  const whole = typeof given === "string" ? given : given.toString("latin1");
  const prefix = whole.startsWith("data:") ? DATA_URL.exec(whole.slice(0, MAX_PREFIX))?.[0] : "";
  if (prefix === undefined) throw badBase64(place, "is a data URL that is not in base64");
  const text = whole.slice(prefix.length);
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== expectedLength(text)) {
    const clean = text.replace(/\s+/g, "");
    if (bytes.length !== expectedLength(clean) || wrongCharacter(clean) !== undefined)
      throw described(clean, place);
  }
  if (bytes.length === 0) throw badBase64(place, "is empty");
  if (bytes.length > maxBytes) throw pictureTooLarge(place, maxBytes);
  return bytes;
}

/** Bytes of a correct base64 text; decoding skips characters that are not of the alphabet, which gives fewer. */
function expectedLength(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const digits = text.length - padding;
  return digits % 4 === 1 ? Number.NaN : Math.floor((digits * 3) / 4);
}

function wrongCharacter(text: string): number | undefined {
  const at = text.replace(/={1,2}$/, "").search(/[^A-Za-z0-9+/_-]/);
  return at === -1 ? undefined : at;
}

function described(text: string, place: string): RequestError {
  const at = wrongCharacter(text);
  return at === undefined
    ? badBase64(place, `has ${text.length} characters, which is not a whole number of bytes`)
    : badBase64(place, `has a character at ${at + 1} that base64 does not use`);
}

function badBase64(place: string, what: string): RequestError {
  return new RequestError({ code: "serving/bad-base64", message: `${place} ${what}`, place });
}

/** A picture with more bytes than the server takes. */
export function pictureTooLarge(place: string, maxBytes: number): RequestError {
  return new RequestError({
    code: "serving/body-too-large",
    message: `${place} has more than ${maxBytes} bytes`,
    place,
    value: maxBytes,
  });
}
