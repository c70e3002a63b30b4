// Options that say which pairs have no relation.
import { InvalidArgumentError } from "commander";
import type { NegativesSetting } from "../config/negatives.ts";

export const NONE_LABEL_HELP = "the data's own label for no relation, for instance NA; it is read as None";
export const NEGATIVES_HELP =
  "unannotated pairs that become None: typed, all, a number per relation, or none (default: typed, unless the data annotates None)";

/** `auto`, `all`, `typed`, `none` or a number above 0. */
export function parseNegatives(text: string): NegativesSetting {
  if (text === "auto" || text === "all" || text === "typed" || text === "none") return text;
  const ratio = Number(text);
  if (text.trim() !== "" && Number.isFinite(ratio) && ratio > 0) return ratio;
  throw new InvalidArgumentError("Name auto, all, typed, none, or a number above 0.");
}
