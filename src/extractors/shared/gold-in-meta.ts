// Predictions carry the gold labels that they are compared with, so that both can be shown side by side.
import type { Document, JsonObject } from "../../data/document.ts";

/** The document's `meta`, with its entities and relations as `gold`. */
export function withGold({ entities, relations, meta }: Document): JsonObject {
  return {
    ...meta,
    gold: {
      entities: entities.map((entity) => ({ ...entity })),
      relations: relations.map((one) => ({ ...one })),
    },
  };
}
