// Blocks of docs/generators.md that show a plan's generators: lines such as `textToImage: { adapter: "command", ... },`.
import type { Block } from "./fenced-blocks.ts";

/** Tells whether a block is the inside of a plan, not a module. */
export function isGeneratorSettings({ code }: Block): boolean {
  return /^(textToImage|imageToText|textToText):/.test(code);
}
