// What relata adds to the rows of JSON formats that have no field for it: the object `relata` of a row, written and read back.
import { z } from "zod";
import { isFields } from "../base/fields.ts";
import type { JsonObject, JsonValue } from "./document.ts";

/** Name of the field. */
export const OWN_FIELD = "relata";

const ownSchema = z.strictObject({
  id: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  category: z
    .strictObject({ label: z.string().min(1), probability: z.number().min(0).max(1).optional() })
    .optional(),
  // A record of zod would leave out the key __proto__.
  meta: z.custom<Readonly<Record<string, unknown>>>(isFields).optional(),
  /** What the row's offsets count. */
  offsets: z.enum(["utf-16", "code-point", "utf-8"]).optional(),
  /** Whether the row's spans end with their last token. */
  tokenEnds: z.enum(["inclusive", "exclusive"]).optional(),
});

/** What `relata` may hold: parts of the document, and how the row is to be read. */
export type OwnFields = z.infer<typeof ownSchema>;

/** The own fields of a row; undefined if it has none, or another thing under this name. */
export function ownFieldsOf(row: Readonly<Record<string, unknown>>): OwnFields | undefined {
  if (!Object.hasOwn(row, OWN_FIELD)) return undefined;
  return ownSchema.safeParse(row[OWN_FIELD]).data;
}

/** A document's parts with what `meta.relata` says of them; the same parts if it says nothing. */
export function withOwnFields<D extends { readonly meta?: Readonly<Record<string, unknown>> | undefined }>(
  document: D,
): D {
  const own = document.meta === undefined ? undefined : ownFieldsOf(document.meta);
  if (own === undefined) return document;
  const { [OWN_FIELD]: _, ...others } = document.meta ?? {};
  const { meta: given, ...rest } = document;
  const { id, image, category, meta: more } = own;
  const meta = { ...others, ...more };
  return {
    ...rest,
    ...(id !== undefined && { id }),
    ...(image !== undefined && { image }),
    ...(category !== undefined && { category }),
    ...((Object.keys(meta).length > 0 || more !== undefined) && { meta }),
  } as D; // the same fields, some of them replaced
}

/** What a format's row keeps of a document's `meta`. */
export interface RowFields {
  /** Names with a meaning in the format: their values go into `relata`. */
  readonly taken: (name: string, value: JsonValue) => boolean;
  /** Names that the reader gives again. */
  readonly readAgain?: readonly string[] | undefined;
}

/** The fields of a row for a document's `meta`, and for whatever else the format has no field for. */
export function rowFields(
  meta: JsonObject | undefined,
  own: Omit<OwnFields, "meta">,
  { taken, readAgain = [] }: RowFields,
): Record<string, unknown> {
  const plain: [string, JsonValue][] = [];
  const hidden: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(meta ?? {})) {
    if (readAgain.includes(name)) continue;
    const isPlain = value !== null && name !== OWN_FIELD && name !== "__proto__" && !taken(name, value);
    (isPlain ? plain : hidden).push([name, value]);
  }
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const all = { ...given, ...(hidden.length > 0 && { meta: Object.fromEntries(hidden) }) };
  return {
    ...Object.fromEntries(plain),
    ...(Object.keys(all).length > 0 && { [OWN_FIELD]: all }),
  };
}
