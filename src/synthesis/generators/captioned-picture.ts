// A picture with only a name and a caption: writes the pair as content of a view, and reads it.
import { z } from "zod";
import { SynthesisError } from "../../base/errors.ts";
import { CAPTIONED_PICTURE, type ViewContent } from "./generator.ts";

export interface CaptionedPicture {
  readonly picture: string;
  readonly caption: string;
}

const schema = z.strictObject({ picture: z.string(), caption: z.string() });

/** The content of a view with only a caption. */
export function captionedPicture({ picture, caption }: CaptionedPicture): ViewContent {
  return {
    mediaType: CAPTIONED_PICTURE,
    bytes: new TextEncoder().encode(JSON.stringify({ picture, caption })),
  };
}

/** Reads name and caption. @throws SynthesisError `synthesis/not-a-captioned-picture` */
export function parseCaptionedPicture(bytes: Uint8Array): CaptionedPicture {
  let cause: unknown;
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
    if (parsed.success) return parsed.data;
    cause = parsed.error;
  } catch (error) {
    cause = error;
  }
  throw new SynthesisError({
    code: "synthesis/not-a-captioned-picture",
    message: `these ${bytes.length} bytes are not JSON of "picture" and "caption"`,
    remedy: `Content of type ${CAPTIONED_PICTURE} is written by the adapter retrieval: generate the view again.`,
    cause,
  });
}
