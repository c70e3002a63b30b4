// The package contains what messages and pages refer to: files named in the code, links of pages, and the headings of both.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { pages } from "./fenced-blocks.ts";

const ROOT = resolve(import.meta.dirname, "../..");

interface Pointer {
  /** Its place. */
  readonly from: string;
  /** Relative to the package. */
  readonly to: string;
  readonly heading: string | undefined;
}

let packed: ReadonlySet<string>;
beforeAll(async () => {
  packed = new Set(await packedFiles());
}, 120_000);

/** Returns the paths of the files that `npm pack` puts into the package. */
function packedFiles(): Promise<readonly string[]> {
  return new Promise((done, failed) => {
    const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
    const options = { cwd: ROOT, maxBuffer: 20_000_000, shell: process.platform === "win32" };
    execFile("npm", args, options, (error, out) => {
      if (error !== null) failed(error);
      else done((JSON.parse(out) as [{ files: { path: string }[] }])[0].files.map(({ path }) => path));
    });
  });
}

/** Returns files of docs/, examples/ and schema/ named in the package's code, in messages, help and comments. */
function namedInCode(): readonly Pointer[] {
  const files = readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  return files.flatMap((from) => {
    const text = readFileSync(join(ROOT, from), "utf8");
    const named = text.matchAll(
      /(?<![\w/.-])((?:docs|examples|schema)\/[\w/-]+\.(?:md|json|png))(?:#([\w-]+))?/g,
    );
    return [...named].map(([, to = "", heading]) => ({ from, to, heading }));
  });
}

/** Returns relative links and pictures of the pages. */
function linksOfPages(): readonly Pointer[] {
  return pages().flatMap((from) =>
    [...readFileSync(join(ROOT, from), "utf8").matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].map(
      ([, path = "", heading]) => ({
        from,
        to: path === "" ? from : join(dirname(from), path).replaceAll("\\", "/"),
        heading,
      }),
    ),
  );
}

/** Returns the headings of a page in the form of link anchors. */
function headingsOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8").replace(/^```[\s\S]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

function faultsOf(pointers: readonly Pointer[]): readonly string[] {
  return pointers.flatMap(({ from, to, heading }) => {
    if (!packed.has(to)) return [`${from}: ${to} is not in the package`];
    if (heading !== undefined && !headingsOf(to).includes(heading))
      return [`${from}: ${to} has no #${heading}`];
    return [];
  });
}

describe("the package", () => {
  it("holds every file that a message, a help text or a comment names", () => {
    const pointers = namedInCode();
    expect(pointers.length).toBeGreaterThan(30);
    expect(faultsOf(pointers)).toEqual([]);
  });

  it("holds every file that a page links to, with the heading", () => {
    const pointers = linksOfPages();
    expect(pointers.length).toBeGreaterThan(60);
    expect(faultsOf(pointers)).toEqual([]);
  });

  it("holds no test and nothing that a test left behind", () => {
    expect([...packed].filter((path) => /\.test\.|testing\/|^test\/|^runs\//.test(path))).toEqual([]);
  });

  it("would be found wanting", () => {
    expect(faultsOf([{ from: "x", to: "docs/no-such.md", heading: undefined }])).toHaveLength(1);
    expect(faultsOf([{ from: "x", to: "docs/data.md", heading: "no-such" }])).toHaveLength(1);
  });
});
