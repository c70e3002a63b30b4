// The name of a run's record of its data.

/** Written into the run folder beside the trainer's own files: what was read, with fingerprints and counts. */
export const DATA_FILE = "data.json";
