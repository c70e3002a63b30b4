// Names of what a run of both tasks writes: training makes them, reports read them.

/** The runs of the two models, and their bundle. */
export const BOTH_FOLDERS = { entities: "entities", relations: "relations", bundle: "bundle" } as const;

/** The end-to-end scores of the bundle on the validation documents. */
export const BOTH_SCORES_FILE = "end-to-end.json";
