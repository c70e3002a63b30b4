// Compares documents with what a format gives back: their content counts, and neither the order of mentions nor what a reader adds from the row's place.

/** Names in `meta` that readers give from the place of a row. */
const OF_PLACE = ["block", "line", "instance", "index"];
/** Names that readers may add. */
const ADDED = ["tokens", "sentence", "offsets"];

/** The parts in which a document differs from what was read: text, image, entities, relations, category, meta, tokens. Ids are not compared. */
export function differences(given, read) {
  const parts = {
    text: ({ text }) => text,
    image: ({ image }) => image,
    entities: ({ entities }) => entities.map(canonical).sort(),
    relations: ({ entities, relations }) =>
      relations
        .map(({ head, tail, ...rest }) => canonical({ ...rest, head: entities[head], tail: entities[tail] }))
        .sort(),
    category: ({ category }) => category,
    meta: (document) => metaOf(document, given),
    tokens: ({ meta }) => (given.meta?.tokens === undefined ? undefined : meta?.tokens),
  };
  return Object.keys(parts).filter((part) => canonical(parts[part](given)) !== canonical(parts[part](read)));
}

/** The metadata without what a reader makes again, or adds where the original has none. */
function metaOf(document, original) {
  const added = ADDED.filter((name) => name === "tokens" || original.meta?.[name] === undefined);
  return Object.fromEntries(
    Object.entries(document.meta ?? {}).filter(([name]) => ![...OF_PLACE, ...added].includes(name)),
  );
}

/** JSON with sorted keys. */
function canonical(value) {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
