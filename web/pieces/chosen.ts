// What is chosen in a text: an entity or a relation, by its position.

/** One entity or relation. */
export interface Chosen {
  readonly kind: "entity" | "relation";
  readonly index: number;
}
