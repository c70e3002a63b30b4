// Which unannotated pairs count as "None", as a configuration says it and a trained model keeps it.
import { z } from "zod";

export const negativesSchema = z.union([z.enum(["auto", "all", "typed", "none"]), z.number().positive()]);
/** `auto`: `typed`, unless the data set says which pairs have no relation. */
export type NegativesSetting = z.output<typeof negativesSchema>;
