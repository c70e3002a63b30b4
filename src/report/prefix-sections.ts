// Reuses sections of one report in another: puts their subject before their titles.
import type { Section } from "./report-data.ts";

/** "Examples" becomes "<prefix>: examples", in titles and in the table of contents. */
export function prefixSections(sections: readonly Section[], prefix: string): Section[] {
  const named = (title: string) => `${prefix}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
  return sections.map((section) => ({
    ...section,
    title: named(section.title),
    shortTitle: named(section.shortTitle ?? section.title),
  }));
}
