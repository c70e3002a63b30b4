// The file name of a run's data record.

/** In the run folder, next to the trainer's own files: what was read, with fingerprints and counts. */
export const DATA_FILE = "data.json";
