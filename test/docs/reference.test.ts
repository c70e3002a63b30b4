// The public surface and its reference: every name has a description, every subpath an example, and there are no other pages.
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publicSurface, undocumented } from "../../scripts/public-surface.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const surface = publicSurface(ROOT);

describe("the public surface", () => {
  it("has a docstring for every name and every method", () => {
    expect(surface.length).toBeGreaterThan(10);
    expect(undocumented(surface)).toEqual([]);
  });

  it("has an example for every function at the root", () => {
    const root = surface.find(({ subpath }) => subpath === "relata");
    const functions = root?.entries.filter(({ kind }) => kind === "function") ?? [];
    expect(functions.length).toBeGreaterThan(5);
    expect(functions.filter(({ doc }) => doc?.example.length === 0).map(({ name }) => name)).toEqual([]);
  });

  it.each(surface.map((one) => [one.subpath, one] as const))("has an example in %s", (_, { entries }) => {
    expect(entries.flatMap(({ doc }) => doc?.example ?? []).length).toBeGreaterThan(0);
  });

  it("refers to errors of public names alone", () => {
    const entries = surface.flatMap((one) => one.entries);
    const names = new Set(entries.map(({ name }) => name));
    const referred = entries.flatMap(({ doc, name }) =>
      [...(doc?.throws ?? []).join(" ").matchAll(/codes of `(\w+)`/g)].map(([, other = ""]) => [name, other]),
    );
    expect(referred.length).toBeGreaterThan(2);
    expect(referred.filter(([, other = ""]) => !names.has(other))).toEqual([]);
  });

  it("has no name that means two functions", () => {
    const places = new Map<string, Set<string>>();
    for (const { subpath, entries } of surface) {
      if (subpath === "relata/web") continue; // the same names as in relata, for pages, on purpose
      for (const { name, kind, source } of entries) {
        if (kind === "function") places.set(name, (places.get(name) ?? new Set()).add(source));
      }
    }
    expect([...places].filter(([, sources]) => sources.size > 1)).toEqual([]);
  });
});

describe("the reference", () => {
  let folder: string;
  const declarations = (text: string) => writeFileSync(join(folder, "dist/index.d.ts"), text);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "relata-reference-"));
    for (const part of ["src", "dist"]) mkdirSync(join(folder, part));
    writeFileSync(join(folder, "src/index.ts"), "// A small package.\n");
    const exports = { ".": { types: "./dist/index.d.ts", import: "./dist/index.js" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "small", exports }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is up to date with what is built", async () => {
    for (const part of ["package.json", "dist", "src", "docs/reference"]) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    expect(await reference(folder, "--check")).toEqual({ code: 0, said: "" });
  });

  it("fails for a name without a docstring, and says which", async () => {
    declarations(
      "/** Twice x. */\nexport declare function twice(x: number): number;\nexport declare const bare: 1;\n",
    );
    const { code, said } = await reference(folder);
    expect(said).toContain("no docstring: small: bare (src/index.ts)");
    expect(said).not.toContain("twice");
    expect(code).toBe(1);
  });

  it("fails for a method without a docstring", async () => {
    declarations("/** A box. */\nexport declare class Box {\n  open(): void;\n  private shut;\n}\n");
    const { code, said } = await reference(folder);
    expect(said).toContain("no docstring: small: Box.open");
    expect(said).not.toContain("shut");
    expect(code).toBe(1);
  });

  it("fails when the surface changes and the pages do not", async () => {
    const before = "/** Twice x. */\nexport declare function twice(x: number): number;\n";
    declarations(before);
    expect(await reference(folder)).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "docs/reference/small.md"), "utf8")).toContain(
      "function twice(x: number): number;",
    );
    expect(await reference(folder, "--check")).toMatchObject({ code: 0 });
    declarations(before.replace("x: number", "x: bigint"));
    const { code, said } = await reference(folder, "--check");
    expect(said).toContain("docs/reference/small.md is not up to date");
    expect(code).toBe(1);
  });

  it("leaves private members out, and follows names through files that pass them on", async () => {
    writeFileSync(
      join(folder, "dist/box.d.ts"),
      "/** A box. @throws Error when it is locked */\nexport declare class Crate {\n    #private;\n    private shut;\n    /** Opens it. */\n    open(): void;\n}\n",
    );
    declarations('export { Crate as Box } from "./box.ts";\n');
    expect(await reference(folder)).toMatchObject({ code: 0 });
    const page = readFileSync(join(folder, "docs/reference/small.md"), "utf8");
    expect(page).toContain("### Box\n\nA box.\n\n");
    expect(page).toContain("**Throws** Error when it is locked");
    expect(page).toContain("class Crate {\n  /** Opens it. */\n  open(): void;\n}");
  });
});

/** Runs the script that writes the reference in a folder; returns its stderr. */
function reference(cwd: string, ...args: readonly string[]): Promise<{ code: number; said: string }> {
  const script = join(ROOT, "scripts/write-reference.mjs");
  return new Promise((done, failed) => {
    execFile(process.execPath, [script, ...args], { cwd }, (error, _, said) => {
      if (error !== null && typeof error.code !== "number") failed(error);
      else done({ code: error === null ? 0 : Number(error.code), said });
    });
  });
}
