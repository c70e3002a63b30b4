// Adapts users' picture encoders: finds them by name, checks every answer, and abandons a hanging call when
// the run is stopped.
import { combinedFingerprint } from "../encoders/onnx-file.ts";
import type { RgbPicture } from "../encoders/pictures/rgb-picture.ts";
import type { Extensions } from "../extensions/extension.ts";
import { badAnswer, call } from "../extensions/guarded.ts";
import type { EncodedPicture, PictureEncoder } from "./frozen-encoder.ts";
import type { OpenedPictureEncoder, PictureEncoderExtension } from "./picture-encoder-contract.ts";

const MAX_WIDTH = 65_536; // a ResNet-152 has 3840 channels

/** The extension that a place names, `name` or `name:argument`; undefined for a folder, a file or a hub id. */
export function registeredPictureEncoder(
  place: string,
  extensions: Extensions,
): { readonly extension: PictureEncoderExtension; readonly argument: string } | undefined {
  const [, name = "", argument = ""] = /^([a-z0-9-]+)(?::(.*))?$/s.exec(place) ?? [];
  const extension = extensions.find<PictureEncoderExtension>("picture-encoder", name);
  return extension && { extension, argument };
}

/** @throws ExtensionError `extension/failed`, `extension/bad-answer` */
export async function openRegisteredPictureEncoder(
  extension: PictureEncoderExtension,
  argument: string,
  signal?: AbortSignal,
): Promise<PictureEncoder> {
  const open = () => extension.open({ argument, signal });
  const opened = checkedOpened(extension, await call<unknown>(extension, "when it was opened", open, signal));
  const { channels, width, fingerprint = "" } = opened;
  const { name, version } = extension;
  return {
    fingerprint: combinedFingerprint([{ name, version, argument, fingerprint, channels, width }]),
    extension: { kind: "picture-encoder", name, version },
    channels,
    classes: width,
    encode: async (picture) => {
      const encode = () => opened.encode(picture);
      const answer = await call<unknown>(extension, "encoding a picture", encode, signal);
      return checkedAnswer(extension, opened, picture, answer);
    },
    dispose: () => call(extension, "when it was closed", () => opened.dispose?.(), signal),
  };
}

function checkedOpened(extension: PictureEncoderExtension, value: unknown): OpenedPictureEncoder {
  const fault = (what: string) => badAnswer(extension, "when it was opened", what);
  if (typeof value !== "object" || value === null) throw fault("open gave no encoder");
  const { channels, width, fingerprint, encode, dispose } = value as Partial<
    Record<keyof OpenedPictureEncoder, unknown>
  >;
  for (const [field, size] of [
    ["channels", channels],
    ["width", width],
  ] as const) {
    const fits = Number.isInteger(size) && (size as number) >= 1 && (size as number) <= MAX_WIDTH;
    if (!fits) throw fault(`"${field}" must be an integer from 1 to ${MAX_WIDTH}`);
  }
  if (fingerprint !== undefined && typeof fingerprint !== "string")
    throw fault('"fingerprint" must be a string');
  if (typeof encode !== "function") throw fault('"encode" must be a function');
  if (dispose !== undefined && typeof dispose !== "function") throw fault('"dispose" must be a function');
  return value as OpenedPictureEncoder; // every field was checked
}

function checkedAnswer(
  extension: PictureEncoderExtension,
  { channels, width }: OpenedPictureEncoder,
  picture: RgbPicture,
  answer: unknown,
): EncodedPicture {
  const { maps, pooled } = (answer ?? {}) as { readonly maps?: unknown; readonly pooled?: unknown };
  const doing = `encoding a picture of ${picture.width} x ${picture.height} pixels`;
  const numbers = (name: string, value: unknown, length: number): Float32Array => {
    if (!(value instanceof Float32Array))
      throw badAnswer(extension, doing, `"${name}" must be a Float32Array`);
    if (value.length !== length)
      throw badAnswer(extension, doing, `"${name}" must have ${length} numbers, and has ${value.length}`);
    const at = value.findIndex((one) => !Number.isFinite(one));
    if (at !== -1) throw badAnswer(extension, doing, `"${name}"[${at}] is ${value[at]}`);
    return value;
  };
  return { maps: numbers("maps", maps, 4 * channels), logits: numbers("pooled", pooled, width) };
}
