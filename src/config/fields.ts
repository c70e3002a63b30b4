// The fields of the configuration by their dotted names: which there are, what a configuration says in one, which values are legal.
import type { z } from "zod";
import { isFields } from "../base/fields.ts";
import { nearest } from "../base/nearest.ts";
import { checkShape, VALUES_SHOWN } from "../base/schema-issues.ts";
import { type Config, runSchema } from "./schema.ts";

/** Every field that holds a value, such as `model.mixup.delta`; sections, such as `model.mixup`, are not among them. */
export function configFields(): ReadonlyMap<string, z.ZodType> {
  const fields = new Map<string, z.ZodType>();
  const visit = (schema: z.ZodType, name: string) => {
    const shape = shapeOf(schema);
    if (shape === undefined) fields.set(name, schema);
    else for (const [key, inner] of Object.entries(shape)) visit(inner, name === "" ? key : `${name}.${key}`);
  };
  visit(runSchema, "");
  return fields;
}

/** The fields of an object's schema; undefined for the schema of a value. */
function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const { def } = schema._zod as { readonly def: unknown };
  const { shape, innerType } = def as {
    readonly shape?: Readonly<Record<string, z.ZodType>>;
    readonly innerType?: z.ZodType;
  };
  return shape ?? (innerType === undefined ? undefined : shapeOf(innerType));
}

/** Returns what a configuration says in a field; undefined where it is absent. */
export function valueAt(config: Config | Readonly<Record<string, unknown>>, field: string): unknown {
  return field.split(".").reduce<unknown>((at, key) => (isFields(at) ? at[key] : undefined), config);
}

/** Returns a part of a configuration that sets one field. */
export function settingOf(field: string, value: unknown): Record<string, unknown> {
  const [first = "", ...rest] = field.split(".");
  return { [first]: rest.length === 0 ? value : settingOf(rest.join("."), value) };
}

/**
 * Says why a field cannot have a value; undefined if it can. Null means that the field is absent, which is legal for those without a default
 * that may be left out.
 */
export function faultOf(field: string, value: unknown): string | undefined {
  const schema = configFields().get(field);
  if (schema === undefined) return `there is no field "${field}"`;
  const given = value === null && isOptional(schema) ? undefined : value;
  const checked = checkShape(schema, given, { whole: field, wording: VALUES_SHOWN });
  return checked.success ? undefined : checked.faults[0];
}

/** Whether a field has no default and may be left out. */
function isOptional(schema: z.ZodType): boolean {
  return (schema._zod as { readonly def: { readonly type: string } }).def.type === "optional";
}

const MOST_SUGGESTED = 5;

/** The fields that a misspelt or shortened name most likely means: first those that end like it. */
export function similarFields(name: string): readonly string[] {
  const known = [...configFields().keys()];
  const endOf = (field: string) => field.slice(field.lastIndexOf(".") + 1);
  const below = known.filter((field) => field.startsWith(`${name}.`));
  const sameEnd = known.filter((field) => endOf(field).toLowerCase() === endOf(name).toLowerCase());
  const whole = nearest(name, known);
  const nearEnd = nearest(endOf(name), known.map(endOf));
  const alike = known.filter((field) => endOf(field) === nearEnd);
  const all = [...below, ...sameEnd, ...(whole === undefined ? [] : [whole]), ...alike];
  return [...new Set(all)].slice(0, Math.max(MOST_SUGGESTED, below.length));
}
