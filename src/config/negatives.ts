// Which unannotated pairs count as "None": the setting in a configuration and in a trained model.
import { z } from "zod";

export const negativesSchema = z.union([z.enum(["auto", "all", "typed", "none"]), z.number().positive()]);
/** `auto`: `typed`, unless the data set marks pairs without a relation. */
export type NegativesSetting = z.output<typeof negativesSchema>;
