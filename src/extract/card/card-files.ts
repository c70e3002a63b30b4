// The names of a model card's files.

/** The record: what people state about a model, and the scores that were recorded. */
export const CARD_FILE = "card.json";
/** The card itself, where a hub looks for it. */
export const CARD_TEXT = "README.md";
