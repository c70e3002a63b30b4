// Modules of the build that share a file: those that start together, with nothing loaded that a start does not need.
import { describe, expect, it } from "vitest";
import { chunksOf } from "../../scripts/chunks.mjs";

/** Modules by name: size, what they import, and packages. */
type House = Readonly<Record<string, readonly [size: number, imports: string, packages?: string]>>;

function groups(house: House, starts: string, alone = ""): readonly string[] {
  const list = (names: string) => names.split(" ").filter((name) => name !== "");
  const modules = new Map(
    Object.entries(house).map(([name, [size, imports, packages = ""]]) => [
      name,
      { size, imports: list(imports), packages: list(packages) },
    ]),
  );
  const named = new Map<string, string[]>();
  for (const [id, group] of chunksOf(modules, list(starts), new Set(list(alone)))) {
    named.set(group, [...(named.get(group) ?? []), id]);
  }
  return [...named].map(([name, ids]) => `${name}: ${ids.sort().join(" ")}`).sort();
}

describe("chunksOf", () => {
  it("joins what the same starts load, under the name of the largest, and leaves out what no start loads", () => {
    expect(
      groups({ main: [1, "a b"], a: [5, ""], b: [90_000, "c"], c: [2, ""], unused: [1, ""] }, "main"),
    ).toEqual(["b: a b c main"]);
  });

  it("leaves an entry that nothing imports in a file of its own", () => {
    expect(groups({ main: [1, "a"], a: [5, "b"], b: [6, ""] }, "main", "main")).toEqual(["b: a b"]);
  });

  it("joins a little that only one start needs, and keeps much apart", () => {
    const house = (size: number): House => ({
      one: [10, "both extra"],
      two: [10, "both"],
      both: [20, ""],
      extra: [size, ""],
    });
    expect(groups(house(30), "one two", "one two")).toEqual(["extra: both extra"]);
    expect(groups(house(300_000), "one two", "one two")).toEqual(["both: both", "extra: extra"]);
  });

  it("loads no package for a start that does not need it, not even through what a joined module imports", () => {
    const one: House = { one: [10, "both extra"], two: [10, "both"], both: [20, ""] };
    expect(groups({ ...one, extra: [30, "", "zod"] }, "one two", "one two")).toEqual([
      "both: both",
      "extra: extra",
    ]);
    expect(
      groups(
        { ...one, three: [10, "deep"], extra: [30, "deep"], deep: [400_000, "", "zod"] },
        "one two three",
        "one two three",
      ),
    ).toEqual(["both: both", "deep: deep extra"]);
  });

  it("makes no circle: two modules with a large one between them stay apart", () => {
    // `top` and `bottom` are small, but `middle` imports one and is imported by the other.
    const house: House = {
      ...{ one: [10, "top"], two: [10, "bottom"], three: [10, "middle"] },
      ...{ top: [20, "middle"], middle: [300_000, "bottom"], bottom: [30, ""] },
    };
    expect(groups(house, "one two three", "one two three")).toEqual(["bottom: bottom", "middle: middle top"]);
  });
});
