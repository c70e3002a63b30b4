// The fenced blocks of a Markdown page, so that a test can run what a page tells its readers to type.
import { readFileSync } from "node:fs";

/** The contents of all blocks of a language, in order. */
export function fencedBlocks(path: string, language: string): readonly string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, content = ""]) =>
    found === language ? [content] : [],
  );
}

/** The commands of a block of shell, without comments. */
export function commandsOf(block: string): readonly string[] {
  return block
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
