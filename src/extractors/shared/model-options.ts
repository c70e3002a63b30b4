// How a model is opened, as fields of a request: what evaluation, extraction and export check alike.
import { z } from "zod";
import { FIELD } from "../../base/require-request.ts";
import type { ExtractorOptions } from "../requests.ts";

/** Device, threads, plugins, precision, verification and the signal; `extensions` is checked where it is read. */
export const MODEL_OPTIONS = {
  extensions: FIELD.any.optional(),
  device: z.enum(["cpu", "webgpu", "cuda"]).optional(),
  threads: FIELD.count.optional(),
  library: FIELD.text.optional(),
  plugins: FIELD.list.optional(),
  precision: z.enum(["fp32", "int8"]).optional(),
  verify: FIELD.flag.optional(),
  onNotice: FIELD.callback.optional(),
  signal: FIELD.signal.optional(),
} as const;

/** The options of a wider request that say how a model is opened. */
export function modelOptionsOf(request: ExtractorOptions): ExtractorOptions {
  const { extensions, device, threads, library, plugins, precision, verify, onNotice, signal } = request;
  return { extensions, device, threads, library, plugins, precision, verify, onNotice, signal };
}
