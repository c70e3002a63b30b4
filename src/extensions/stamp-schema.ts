// Schema for an extension's entry in a record.
import { z } from "zod";
import { EXTENSION_KINDS, type ExtensionKind } from "./extension.ts";

export const stampSchema = z.strictObject({
  kind: z.enum(Object.keys(EXTENSION_KINDS) as ExtensionKind[]),
  name: z.string().min(1),
  version: z.string().min(1),
});
