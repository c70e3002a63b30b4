// Where the models of a bundle are.

/** The record of a bundle, in its folder. */
export const BUNDLE_FILE = "bundle.json";
/** Folders of the models inside a bundle; not every bundle has a category model. */
export const BUNDLE_PARTS = { entity: "entities", relation: "relations", category: "categories" } as const;
