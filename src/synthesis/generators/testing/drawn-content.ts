// What the test servers "generate": pictures and texts that follow from prompt and seed alone.
import { createHash } from "node:crypto";
import sharp from "sharp";

/** A 64 x 64 PNG of 4 x 4 coloured fields; another prompt or seed gives other colours. */
export async function drawnPicture(prompt: string, seed: number): Promise<Uint8Array> {
  const fields = createHash("sha512").update(`${seed} ${prompt}`).digest().subarray(0, 48);
  return await sharp(fields, { raw: { width: 4, height: 4, channels: 3 } })
    .resize(64, 64, { kernel: "nearest" })
    .png()
    .toBuffer();
}

const SCENES = ["at the harbour", "in the rain", "on the stage", "behind the goal", "under old trees"];

/** A sentence that holds the mentions; another picture or seed gives another sentence. */
export function writtenText(picture: Uint8Array, mentions: readonly string[], seed: number): string {
  const hash = createHash("sha256").update(picture).update(String(seed)).digest();
  const scene = SCENES[hash.readUInt8(0) % SCENES.length] ?? "";
  const number = hash.readUInt16BE(1);
  return mentions.length === 0
    ? `Nobody ${scene}, number ${number}`
    : `${mentions.join(" with ")} ${scene}, number ${number}`;
}
