// Reads the fenced blocks of the Markdown pages, so that tests can run what a page tells its readers to type.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** A fenced block and its place. */
export interface Block {
  /** Relative to the repository, with forward slashes. */
  readonly page: string;
  /** Line number of the opening fence, from 1. */
  readonly line: number;
  /** The word after the fence; empty if there is none. */
  readonly language: string;
  readonly code: string;
}

/** Every page that a reader may follow: those at the top of the repository, and docs/. */
export function pages(): readonly string[] {
  const top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].filter((name) => existsSync(join(ROOT, name)));
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  return [...top, ...docs.sort()];
}

/** Returns all blocks of a page, in order. @throws Error for a fence that is not closed */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; indent: string; code: string[] } | undefined;
  for (const [i, text] of readFileSync(join(ROOT, page), "utf8").split("\n").entries()) {
    const [, indent = "", language = ""] = /^(\s*)```+\s*(\S*)/.exec(text) ?? [];
    if (open === undefined) {
      if (/^\s*```/.test(text)) open = { line: i + 1, language, indent, code: [] };
    } else if (/^\s*```+\s*$/.test(text)) {
      blocks.push({ page, line: open.line, language: open.language, code: `${open.code.join("\n")}\n` });
      open = undefined;
    } else open.code.push(text.startsWith(open.indent) ? text.slice(open.indent.length) : text);
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the fence is not closed`);
  return blocks;
}

/** Returns the blocks of all pages. */
export function allBlocks(): readonly Block[] {
  return pages().flatMap(blocksOf);
}

/** The place of a block, in the form that editors open. */
export function placeOf({ page, line }: Block): string {
  return `${page}:${line}`;
}

/** Returns the commands of a shell block, without comments; a line that ends in `\` continues on the next line. */
export function commandsOf(block: string): readonly string[] {
  return block
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}
