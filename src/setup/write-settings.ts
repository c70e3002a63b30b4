// Writes chosen settings as a commented relata.config.ts.
import type { ChosenSettings, Setting } from "./choose-settings.ts";

interface Section {
  readonly [key: string]: Section | Setting;
}

/** The text of a configuration: one commented line per setting. */
export function configText({ settings }: Pick<ChosenSettings, "settings">): string {
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

function linesOf(section: Section, indent: string): string[] {
  return Object.entries(section).flatMap(([key, inner]) =>
    isSetting(inner)
      ? [`${indent}${key}: ${JSON.stringify(inner.value)}, // ${inner.reason.replaceAll(/\s+/g, " ")}`]
      : [`${indent}${key}: {`, ...linesOf(inner, `${indent}  `), `${indent}},`],
  );
}

function isSetting(one: Section | Setting): one is Setting {
  return "field" in one && typeof one.field === "string";
}
