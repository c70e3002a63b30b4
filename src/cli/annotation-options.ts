// Options for exports of annotation tools, the same in every command that reads them.
import { Option } from "commander";
import { ANNOTATOR_POLICIES } from "../data/document-format.ts";

/** `--annotators`: whose annotations are read. */
export function annotatorsOption(): Option {
  return new Option(
    "--annotators <policy>",
    "annotation tools: whose annotations of a text to read if several people annotated it: those of the first (or marked as ground truth), the newest, all as documents of their own, or only what all agree on (default: first)",
  ).choices(ANNOTATOR_POLICIES);
}

/** `--text-field`. */
export const TEXT_FIELD = [
  "--text-field <name>",
  "the field with the text, where projects name it (default: found)",
] as const;

/** `--image-field`. */
export const IMAGE_FIELD = [
  "--image-field <name>",
  "the field with the picture, where projects name it (default: found)",
] as const;
