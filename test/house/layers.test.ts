// The layer check finds every forbidden import, and the pages show the table that it reads.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultsOf, importsOf } from "../../scripts/check-layers.mjs";
import { FLOORS, PORTABLE, TOP_FILES } from "../../scripts/layers.mjs";

/** Files in every tree of these tests: portable files, and the imports to check. */
const HOUSE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    PORTABLE.map((place: string) => [place.endsWith("/") ? `${place}some.ts` : place, ""]),
  ),
  "base/errors.ts": "export const one = 1;",
  "data/document.ts": 'import { one } from "../base/errors.ts";',
};

function faults(files: Readonly<Record<string, string>>): readonly string[] {
  const all: Readonly<Record<string, string>> = { ...HOUSE, ...files };
  return faultsOf(Object.keys(all), (file) => all[file] ?? "").faults;
}

describe("the check of layers", () => {
  it("passes a house whose imports run down", () => {
    expect(faults({})).toEqual([]);
  });

  it("finds an import of a higher floor, of the same floor and of types alone", () => {
    expect(
      faults({
        "data/up.ts": 'import { x } from "../synthesis/view.ts";',
        "synthesis/view.ts": "",
        "nn/beside.ts": 'import type { Config } from "../config/schema.ts";',
        "config/schema.ts": "",
        "base/lazy.ts": 'const load = () => import("../data/document.ts");',
      }),
    ).toEqual([
      'src/data/up.ts: src/data may not import src/synthesis ("../synthesis/view.ts")',
      'src/nn/beside.ts: src/nn may not import src/config ("../config/schema.ts")',
      'src/base/lazy.ts: src/base may not import src/data ("../data/document.ts")',
    ]);
  });

  it("leaves tests free to reach up", () => {
    expect(
      faults({
        "data/up.test.ts": 'import { x } from "../synthesis/view.ts";',
        "data/testing/up.ts": 'import { x } from "../synthesis/view.ts";',
        "synthesis/view.ts": "",
      }),
    ).toEqual([]);
  });

  it("finds a barrel that is imported, a folder without a floor and a file outside of all folders", () => {
    expect(
      faults({
        "graph/index.ts": "",
        "nn/uses.ts": 'import { add } from "../graph/index.ts";',
        "attic/box.ts": "",
        "loose.ts": "",
      }),
    ).toEqual([
      'src/nn/uses.ts: import the file that defines the name, not "../graph/index.ts"',
      "src/attic/box.ts: src/attic is not on a floor",
      "src/loose.ts: belongs into a folder",
    ]);
  });

  it("finds a portable file that reaches Node, by however many imports, and not by types or lazy imports", () => {
    expect(
      faults({
        "nn/deep.ts": 'import { a } from "../base/a.ts";',
        "base/a.ts": 'export { b } from "./b.ts";',
        "base/b.ts": 'import { existsSync, readFileSync } from "node:fs";',
        "nn/typed.ts": 'import type { Stats } from "node:fs";\nimport { type Sharp } from "sharp";',
        "nn/lazy.ts": 'const fs = () => import("node:fs");',
      }),
    ).toEqual(["src/nn/deep.ts: must run in a browser and reaches base/a.ts <- base/b.ts <- node:fs"]);
  });

  it("says that nothing was found where nothing was", () => {
    expect(faultsOf([], () => "").faults).toContain(
      "no import was found: the check looked in the wrong place",
    );
  });

  it("reads imports however they are written", () => {
    const text = [
      'import fallback from "./a.ts";',
      'import {\n  one,\n  type Two,\n} from "./b.ts";',
      'import type { Three } from "./c.ts";',
      'export * from "./d.ts";',
      'import "./e.ts";',
      'const six = await import("./f.ts");',
      'export { type Seven } from "./g.ts";',
    ].join("\n");
    expect(importsOf(text).map(({ specifier, typesOnly }) => [specifier, typesOnly])).toEqual([
      ["./a.ts", false],
      ["./b.ts", false],
      ["./c.ts", true],
      ["./d.ts", false],
      ["./e.ts", false],
      ["./g.ts", true],
      ["./f.ts", false],
    ]);
  });
});

describe("docs/architecture.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/architecture.md"), "utf8");

  it("shows the floors that the check reads, in their order", () => {
    const rows = [...page.matchAll(/^\| (\d+) \| `(\w+)\/` \| ([^|]+?) \| [^|]+ \|$/gm)].map(
      ([, floor, name, what]) => ({
        floor: Number(floor),
        name,
        what,
      }),
    );
    const wanted = FLOORS.flatMap((floor, at) =>
      Object.entries(floor).map(([name, what]) => ({ floor: FLOORS.length - at, name, what })),
    );
    expect(rows).toEqual(wanted);
    expect(rows.length).toBeGreaterThan(15);
  });

  it("names no file or folder that is not there", () => {
    const named = [...page.matchAll(/`((?:src|test|scripts)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(import.meta.dirname, "../..", path)))).toEqual([]);
  });

  it("names the files of src/ that are in no folder", () => {
    for (const file of TOP_FILES) expect(page).toContain(`\`${file}\``);
  });
});
