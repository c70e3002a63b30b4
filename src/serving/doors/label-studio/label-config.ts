// What a labeling configuration of Label Studio asks for: the text and picture of a task, and the labels, relations and choices of its controls.
import { badConfig, elementsOf, parseXml, type XmlElement } from "./xml.ts";

/** A text or a picture of a task. */
export interface ObjectTag {
  readonly name: string;
  /** Where the task has it: `text` of `$text`, `post.text` of `$post.text`. */
  readonly field: string;
}

/** A control and its names of labels, by what a model may call them. */
export interface ControlTag {
  readonly name: string;
  readonly labels: LabelNames;
}

/** What a configuration asks for, as far as a model of ours can answer it. */
export interface LabelConfig {
  readonly text: ObjectTag;
  readonly picture: ObjectTag | undefined;
  readonly entities: ControlTag | undefined;
  readonly categories: ControlTag | undefined;
  readonly relations: LabelNames | undefined;
  /** What was not read, and why, one sentence each. */
  readonly notes: readonly string[];
}

/** The labels of a control. */
export class LabelNames {
  readonly #exact = new Map<string, string>();
  readonly #folded = new Map<string, string>();

  /** @param names value and alias of each label; the alias, if there is one, is what results are written with */
  constructor(names: readonly { readonly value: string; readonly alias: string | undefined }[]) {
    for (const { value, alias } of names) {
      for (const name of alias === undefined ? [value] : [value, alias]) {
        const written = alias ?? value;
        if (!this.#exact.has(name)) this.#exact.set(name, written);
        const folded = name.toLowerCase();
        if (!this.#folded.has(folded)) this.#folded.set(folded, written);
      }
    }
  }

  /** The configuration's name of a model's label: the same name, else the same except for capitals; undefined if there is none. */
  nameOf(label: string): string | undefined {
    return this.#exact.get(label) ?? this.#folded.get(label.toLowerCase());
  }
}

/**
 * Reads a configuration.
 *
 * @throws DataError `serving/bad-label-config`
 */
export function readLabelConfig(xml: string): LabelConfig {
  const elements = [...elementsOf(parseXml(xml))];
  const notes: string[] = [];
  const texts = objectsOf(elements, "Text");
  const [text, ...furtherTexts] = texts;
  if (text === undefined)
    throw badConfig("it has no <Text> with name and value, so there is nothing to read");
  for (const { name } of furtherTexts)
    notes.push(
      `the text ${JSON.stringify(name)} is not read: only the first one is, ${JSON.stringify(text.name)}`,
    );
  const [picture, ...furtherPictures] = objectsOf(elements, "Image");
  for (const { name } of furtherPictures)
    notes.push(`the picture ${JSON.stringify(name)} is not read: only the first one is`);
  const entities = controlOf(elements, "Labels", "Label", text, notes);
  const categories = controlOf(elements, "Choices", "Choice", text, notes);
  const list = elements.find(({ name }) => name === "Relations");
  const relations = list && namesOf(list, "Relation");
  if (entities === undefined && categories === undefined)
    notes.push(
      `no <Labels> and no <Choices> are for the text ${JSON.stringify(text.name)}, so nothing can be said about it`,
    );
  return { text, picture, entities, categories, relations, notes };
}

function objectsOf(elements: readonly XmlElement[], tag: "Text" | "Image"): readonly ObjectTag[] {
  return elements.flatMap(({ name: tagName, attributes }) => {
    const name = attributes.get("name");
    const field = /^\$(.+)$/.exec(attributes.get("value")?.trim() ?? "")?.[1];
    return tagName === tag && name !== undefined && field !== undefined ? [{ name, field }] : [];
  });
}

/** The first control of a kind that is for the text. */
function controlOf(
  elements: readonly XmlElement[],
  tag: "Labels" | "Choices",
  item: "Label" | "Choice",
  text: ObjectTag,
  notes: string[],
): ControlTag | undefined {
  const ofText = elements.flatMap((element) => {
    const name = element.attributes.get("name");
    if (element.name !== tag || name === undefined) return [];
    const objects =
      element.attributes
        .get("toName")
        ?.split(",")
        .map((one) => one.trim()) ?? [];
    const isPerRegion = element.attributes.get("perRegion") === "true";
    return objects.includes(text.name) && !isPerRegion ? [{ name, labels: namesOf(element, item) }] : [];
  });
  for (const { name } of ofText.slice(1))
    notes.push(
      `<${tag} name=${JSON.stringify(name)}> is left empty: only the first <${tag}> of the text is filled`,
    );
  return ofText[0];
}

function namesOf(list: XmlElement, item: string): LabelNames {
  const items = [...elementsOf(list)].filter(({ name }) => name === item);
  return new LabelNames(
    items.flatMap(({ attributes }) => {
      const value = attributes.get("value");
      return value === undefined ? [] : [{ value, alias: attributes.get("alias") }];
    }),
  );
}
