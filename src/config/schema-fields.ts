// What the sections of the configuration share: numbers with bounds, names that extensions may add, sections.
import { z } from "zod";

export const positiveInteger = z.int().positive();
export const share = z.number().min(0).max(1);
export const rate = z.number().positive().lt(1);
export const openShare = z.number().min(0).lt(1);

/** A name from relata or from a user's extension; `parseConfig` checks it against the loaded ones. */
export function named(known: readonly string[]) {
  return z.union([z.enum(known), z.string().min(1)]);
}

/** A strict object that can be left out: its fields' defaults then apply. */
export function section<Shape extends z.core.$ZodLooseShape>(description: string, shape: Shape) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .describe(description);
}
