// Predictions carry the gold labels that they are compared with, so that both can be shown side by side.
import type { Document, JsonObject } from "../../data/document.ts";

/** The document's `meta`, with its entities, relations and category as `gold`. */
export function withGold({ entities, relations, category, meta }: Document): JsonObject {
  return {
    ...meta,
    gold: {
      entities: entities.map((entity) => ({ ...entity })),
      relations: relations.map((one) => ({ ...one })),
      ...(category ? { category: { ...category } } : {}),
    },
  };
}
