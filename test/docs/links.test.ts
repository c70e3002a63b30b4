// Links in README and the pages lead to existing files, and to existing headings.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGES = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** A page without its fenced blocks. */
const prose = (path: string) => readFileSync(path, "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");

/** Returns the anchors of a page: those of its headings, in GitHub's form, and explicit ones. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = prose(path);
  const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title);
  const named = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id);
  const fromTitles = titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return new Set([...fromTitles, ...named]);
}

/** Returns `[page, target]` of every link within this repository. */
const LINKS = PAGES.flatMap((page) =>
  [...prose(join(ROOT, page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) =>
    /^[a-z]+:/.test(target) ? [] : [[page, target] as const],
  ),
);

it("are found in the pages", () => {
  expect(PAGES.length).toBeGreaterThan(15);
  expect(LINKS.length).toBeGreaterThan(100);
});

it.each(LINKS)("in %s to %s leads somewhere", (page, target) => {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
  expect(existsSync(file), file).toBe(true);
  if (anchor !== undefined) expect([...anchorsOf(file)]).toContain(anchor);
});
