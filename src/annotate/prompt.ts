// The question to the model: instructions with the labels, earlier answers as turns of the conversation, and the post as the last turn.
// The post is alone in its turn, so nothing in it can be taken for instructions by a reader of the log, and no quoting is needed.
import type { AnnotationExample, AnnotationSchema } from "./schema.ts";

/** One turn of a conversation. */
export interface Turn {
  readonly role: "system" | "user" | "assistant";
  readonly text: string;
}

/** What is asked about one post; its hash identifies the call. */
export interface Question {
  readonly turns: readonly Turn[];
  /** SHA-256 of the picture's file; null if none is sent. */
  readonly picture: string | null;
}

const TASK =
  "You mark entities in the text of a post. If the post has a picture, use it to understand the text, but mark only what the text says.";
const TASK_WITH_RELATIONS =
  "You mark entities in the text of a post, and relations between them. If the post has a picture, use it to understand the text, but mark only what the text says.";

/** The conversation about a text. */
export function turnsFor(
  text: string,
  schema: AnnotationSchema,
  examples: readonly AnnotationExample[],
): readonly Turn[] {
  return [
    { role: "system", text: instructionsOf(schema) },
    ...examples.flatMap((example): Turn[] => [
      { role: "user", text: example.text },
      { role: "assistant", text: answerOf(example, schema) },
    ]),
    { role: "user", text },
  ];
}

/** What the model is told before the first post. */
function instructionsOf({ entities, relations, guidelines, overlaps }: AnnotationSchema): string {
  const hasRelations = Object.keys(relations).length > 0;
  return [
    hasRelations ? TASK_WITH_RELATIONS : TASK,
    "",
    "Entity labels:",
    ...Object.entries(entities).map(
      ([label, { description }]) => `- ${JSON.stringify(label)}${said(description)}`,
    ),
    ...(hasRelations
      ? [
          "",
          "Relation labels (from head to tail):",
          ...Object.entries(relations).map(
            ([label, { description, head, tail }]) =>
              `- ${JSON.stringify(label)}${ends(head, tail)}${said(description)}`,
          ),
        ]
      : []),
    ...(guidelines === undefined ? [] : ["", guidelines]),
    "",
    "Rules:",
    '- "text" is copied from the post exactly, character by character, and as short as possible. Give no positions.',
    '- If the same words occur more than once in the post, "occurrence" says which one is meant (1 for the first), and "context" quotes it with a word before and a word after. Otherwise "occurrence" is 1 and "context" is "".',
    "- List every mention of an entity, each once. Use only the labels above. Leave out what no label fits.",
    ...(overlaps === "resolve" ? ["- Mentions do not overlap."] : []),
    ...(hasRelations
      ? [
          '- "head" and "tail" of a relation are the "id" of entities in your list. Leave out pairs that have no relation.',
        ]
      : []),
    "- Answer with JSON of this form and nothing else:",
    JSON.stringify({
      entities: [{ id: 1, text: "...", label: "...", occurrence: 1, context: "" }],
      ...(hasRelations ? { relations: [{ head: 1, tail: 2, label: "..." }] } : {}),
    }),
  ].join("\n");
}

function said(description: string): string {
  return description === "" ? "" : `: ${description.replaceAll(/\s+/g, " ")}`;
}

function ends(head: readonly string[] | undefined, tail: readonly string[] | undefined): string {
  if (head === undefined && tail === undefined) return "";
  const side = (labels: readonly string[] | undefined) => labels?.join(" or ") ?? "any";
  return ` (${side(head)} -> ${side(tail)})`;
}

/** The answer of an example, in the form that the model is asked for. */
function answerOf({ text, entities, relations }: AnnotationExample, schema: AnnotationSchema): string {
  return JSON.stringify({
    entities: entities.map((entity, i) => ({
      id: i + 1,
      text: entity.text,
      label: entity.label,
      occurrence: entity.occurrence ?? 1,
      context: contextOf(text, entity.text, entity.occurrence ?? 1),
    })),
    ...(Object.keys(schema.relations).length === 0
      ? {}
      : { relations: relations.map(({ head, tail, label }) => ({ head: head + 1, tail: tail + 1, label })) }),
  });
}

/** A mention with a word on either side, if it occurs more than once. */
function contextOf(text: string, mention: string, occurrence: number): string {
  const pieces = text.split(mention);
  if (pieces.length <= 2) return "";
  const start = pieces.slice(0, occurrence).join(mention).length;
  const before = /\S*\s*$/u.exec(text.slice(0, start))?.[0] ?? "";
  const after = /^\s*\S*/u.exec(text.slice(start + mention.length))?.[0] ?? "";
  return `${before}${mention}${after}`;
}

/** The form of an answer as a JSON schema, for servers that constrain answers to one; every property is required, as they demand. */
export function answerJsonSchema({
  entities,
  relations,
}: AnnotationSchema): Readonly<Record<string, unknown>> {
  const object = (properties: Readonly<Record<string, unknown>>) => ({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  const list = (items: unknown) => ({ type: "array", items });
  const integer = { type: "integer" };
  const text = { type: "string" };
  const oneOf = (labels: object) => ({ type: "string", enum: Object.keys(labels) });
  return object({
    entities: list(object({ id: integer, text, label: oneOf(entities), occurrence: integer, context: text })),
    ...(Object.keys(relations).length === 0
      ? {}
      : { relations: list(object({ head: integer, tail: integer, label: oneOf(relations) })) }),
  });
}
