// Writes the rows of doccano and Prodigy: a text with spans of characters, and relations between them.
import { imageNameOf } from "../annotations/task-fields.ts";
import { countsAlike, offsetWriter, spansIn } from "../offset-units.ts";
import { rowFields } from "../own-fields.ts";
import { firstOfSpan, withoutProbabilities, withoutRelations } from "./fit.ts";
import { tokenised } from "./fit-tokens.ts";
import { type RowsOf, writeJsonRows } from "./json-rows.ts";
import type { DocumentTarget } from "./target.ts";

/** A picture's name in a field that readers look at, or in `relata` if they would read another name. */
function imageFields(image: string | undefined) {
  const isRead =
    image !== undefined && imageNameOf(image) === image && image.trim() !== "" && !/^data:/.test(image);
  return { field: isRead ? { image } : {}, own: isRead ? undefined : image };
}

const DOCCANO_FIELDS = new Set(
  "id text entities relations cats label labels annotations image tokens offsets Comments".split(" "),
);

/** A text may be taken for the name of a picture, and doccano leaves empty lists out. */
function isTakenByDoccano(name: string, value: unknown): boolean {
  return (
    DOCCANO_FIELDS.has(name) || typeof value === "string" || (Array.isArray(value) && value.length === 0)
  );
}

const doccanoRows: RowsOf = (given, lose) => {
  const document = withoutProbabilities(given, lose);
  const { id, text, entities, relations, category, image, meta } = document;
  const { field, own } = imageFields(image);
  // Readers judge the unit of a file by its spans, which cannot always show it.
  const offsets = countsAlike(text, "code-point") ? undefined : ("utf-16" as const);
  const row = {
    id,
    text,
    entities: entities.map(({ start, end, label }, at) => ({
      ...{ id: at, label, start_offset: start, end_offset: end },
    })),
    relations: relations.map(({ head, tail, label }, at) => ({
      id: at,
      from_id: head,
      to_id: tail,
      type: label,
    })),
    ...(category !== undefined && { cats: [category.label] }),
    ...field,
    ...rowFields(meta, { image: own, offsets }, { taken: isTakenByDoccano }),
  };
  return [{ row, id }];
};

/** doccano's JSONL. */
export const doccanoTarget: DocumentTarget = {
  name: "doccano",
  description: "doccano's JSONL, with relations",
  cannotHold: { probabilities: "probabilities" },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, doccanoRows, context),
};

const PRODIGY_FIELDS = new Set(
  "id text meta image tokens offsets spans relations answer html config options arcs width height path label".split(
    " ",
  ),
);

const prodigyRows: RowsOf = (given, lose) => {
  const bare = withoutProbabilities(given, lose);
  const isFirst = firstOfSpan(bare);
  const document = withoutRelations(
    bare,
    ({ head, tail }) => (isFirst(head) && isFirst(tail) ? undefined : "ends"),
    lose,
  );
  const { id, text, entities, relations, category, image, meta } = document;
  const { field, own } = imageFields(image);
  const points = offsetWriter(text, "code-point");
  const { tokens } = tokenised(document, { holds: () => true, keepsText: true }, () => {});
  const first = new Map(tokens.map(({ start }, at) => [start, at]));
  const last = new Map(tokens.map(({ end }, at) => [end, at]));
  const spans = spansIn(text, entities, "code-point").map(({ start, end, label }, at) => {
    const [from, to] = [first.get(entities[at]?.start ?? -1), last.get(entities[at]?.end ?? -1)];
    const inTokens = from === undefined || to === undefined ? {} : { token_start: from, token_end: to };
    return { start, end, ...inTokens, label };
  });
  // A reader makes tokens of these, without those of white space.
  const isReadAgain = meta?.tokens === undefined || tokens.every((token) => token.text.trim() !== "");
  const row = {
    id,
    text,
    ...field,
    tokens: tokens.map((token, at) => {
      const [start, end] = [points(token.start), points(token.end)];
      return {
        text: token.text,
        start,
        end,
        id: at,
        ws: tokens[at + 1] !== undefined && tokens[at + 1]?.start !== token.end,
      };
    }),
    spans,
    relations: relations.map(({ head, tail, label }) => ({
      head: spans[head]?.token_end,
      child: spans[tail]?.token_end,
      head_span: spans[head],
      child_span: spans[tail],
      label,
    })),
    answer: "accept",
    ...rowFields(
      meta,
      { image: own, category },
      {
        taken: (name) => PRODIGY_FIELDS.has(name) || name.startsWith("_"),
        readAgain: isReadAgain ? ["tokens"] : [],
      },
    ),
  };
  return [{ row, id }];
};

/** Prodigy's JSONL. */
export const prodigyTarget: DocumentTarget = {
  name: "prodigy",
  description: "Prodigy's JSONL, accepted, with tokens and relations",
  cannotHold: {
    probabilities: "probabilities",
    ends: "relations of an entity that has the span of an earlier one: relations name spans",
  },
  holdsPosts: true,
  write: (path, documents, context) => writeJsonRows(path, documents, prodigyRows, context),
};
