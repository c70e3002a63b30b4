// Writes chosen settings as a commented relata.config.ts.
import type { Setting } from "./choose-settings.ts";

interface Section {
  readonly [key: string]: Section | Setting;
}

/** The text of a configuration: a module with one commented line per setting, or JSON, which has no comments. */
export function configText(settings: readonly Setting[], format: "json" | "module"): string {
  if (format === "json") return `${JSON.stringify(valuesOf(nested(settings)), undefined, 2)}\n`;
  return [
    "// Written by `relata init`. docs/configuration.md describes every setting; those that are not here have their defaults.",
    'import { defineConfig } from "relata";',
    "",
    "export default defineConfig({",
    ...linesOf(nested(settings), "  "),
    "});",
    "",
  ].join("\n");
}

/** Settings by section, in the order of the first of each. */
function nested(settings: readonly Setting[]): Section {
  const root: Record<string, Section | Setting> = {};
  for (const setting of settings) {
    const path = setting.field.split(".");
    let section = root;
    for (const key of path.slice(0, -1)) {
      section[key] ??= {};
      section = section[key] as Record<string, Section | Setting>; // a field is never also a section
    }
    section[path.at(-1)!] = setting; // split returns at least one part
  }
  return root;
}

function valuesOf(section: Section): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(section).map(([key, inner]) => [key, isSetting(inner) ? inner.value : valuesOf(inner)]),
  );
}

function linesOf(section: Section, indent: string): string[] {
  return Object.entries(section).flatMap(([key, inner]) =>
    isSetting(inner)
      ? settingLines(key, inner, indent)
      : [`${indent}${key}: {`, ...linesOf(inner, `${indent}  `), `${indent}},`],
  );
}

/** A list has a line for each of its parts. */
function settingLines(key: string, { value, reason }: Setting, indent: string): string[] {
  const comment = `// ${reason.replaceAll(/\s+/g, " ")}`;
  if (typeof value !== "object") return [`${indent}${key}: ${JSON.stringify(value)}, ${comment}`];
  const parts = value.map((part) => `${indent}  ${JSON.stringify(part)},`);
  return [`${indent}${key}: [ ${comment}`, ...parts, `${indent}],`];
}

function isSetting(one: Section | Setting): one is Setting {
  return "field" in one && typeof one.field === "string";
}
