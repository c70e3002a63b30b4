// Writes the labeling configuration of a Label Studio project: the XML that its settings ask for, with every label of the documents.
import type { LabelCollector } from "./label-collector.ts";

/** The labels of a project, and whether its posts have pictures. */
export type ProjectLabels = Pick<LabelCollector, "entities" | "relations" | "categories" | "hasPictures">;

/** The names of the configuration's text and controls. */
export const PROJECT_NAMES = {
  text: "text",
  picture: "image",
  entities: "label",
  categories: "category",
} as const;

/** Whether XML can hold a text: it has no place for most control characters, U+FFFE and U+FFFF. */
export function isXmlText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML excludes
  return !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
}

/** A text between the quotes of an XML attribute. */
export function xmlAttribute(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The configuration, as XML. */
export function labelStudioConfig({ entities, relations, categories, hasPictures }: ProjectLabels): string {
  const { text, picture, entities: labels, categories: choices } = PROJECT_NAMES;
  const items = (tag: string, names: ReadonlySet<string>) =>
    [...names].map((name) => `    <${tag} value="${xmlAttribute(name)}"/>`);
  const lines = [
    "<View>",
    `  <Labels name="${labels}" toName="${text}">`,
    ...items("Label", entities),
    "  </Labels>",
    ...(relations.size > 0 ? ["  <Relations>", ...items("Relation", relations), "  </Relations>"] : []),
    ...(categories.size > 0
      ? [
          `  <Choices name="${choices}" toName="${text}" choice="single">`,
          ...items("Choice", categories),
          "  </Choices>",
        ]
      : []),
    ...(hasPictures ? [`  <Image name="${picture}" value="$${picture}"/>`] : []),
    `  <Text name="${text}" value="$${text}"/>`,
    "</View>",
  ];
  return `${lines.join("\n")}\n`;
}
