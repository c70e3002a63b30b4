// The text encoder's word table: its name in every model, and the graph inputs that name the rows a batch reads.
import type { SparseTable } from "./graph-model.ts";

export const WORD_TABLE = {
  parameter: "encoder.embeddings.word_embeddings.weight",
  rows: ["input_ids", "marker_ids"],
} as const satisfies SparseTable;
