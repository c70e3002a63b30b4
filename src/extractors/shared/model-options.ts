// The request fields for opening a model, checked in the same way by evaluation, extraction and export.
import { z } from "zod";
import { FIELD } from "../../base/require-request.ts";
import { DEVICES } from "../../engine/devices.ts";
import type { ExtractorOptions } from "../requests.ts";

/** Device, threads, plugins, precision, verification and the signal; `extensions` is checked when it is read. */
export const MODEL_OPTIONS = {
  extensions: FIELD.any.optional(),
  device: z.enum(DEVICES).optional(),
  threads: FIELD.count.optional(),
  library: FIELD.text.optional(),
  plugins: FIELD.list.optional(),
  precision: z.enum(["fp32", "int8"]).optional(),
  verify: FIELD.flag.optional(),
  onNotice: FIELD.callback.optional(),
  signal: FIELD.signal.optional(),
} as const;

/** Picks the options for opening a model from a wider request. */
export function modelOptionsOf(request: ExtractorOptions): ExtractorOptions {
  const { extensions, device, threads, library, plugins, precision, verify, onNotice, signal } = request;
  return { extensions, device, threads, library, plugins, precision, verify, onNotice, signal };
}
