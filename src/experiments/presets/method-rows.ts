// Rows of MI2RAGE's presets that compare how a student combines its views with the real one, and how far it trusts them.
import type { Config } from "../../config/schema.ts";

type Combining = Pick<Config["synthesis"], "combination" | "trust">;

/** A row: what it changes of the configuration's student. */
export interface MethodRow {
  readonly name: string;
  readonly description: string;
  readonly synthesis: Combining;
  /** Trained on all accepted views instead of the configuration's selection. */
  readonly keepsAll?: boolean;
}

const ROWS: readonly MethodRow[] = [
  {
    name: "attention-as-trained",
    description: "views and the real view read together; views count as trained",
    synthesis: { combination: "attention", trust: 1 },
  },
  {
    name: "attention-trust",
    description: "views and the real view read together; fitted trust in views",
    synthesis: { combination: "attention", trust: "fit" },
  },
  {
    name: "product-as-trained",
    description: "views and the real view read by two experts; views count as trained",
    synthesis: { combination: "product", trust: 1 },
  },
  {
    name: "product-trust",
    description: "views and the real view read by two experts; fitted trust in views",
    synthesis: { combination: "product", trust: "fit" },
  },
  {
    name: "product-trust-all-views",
    description: "the same without any selection of views",
    synthesis: { combination: "product", trust: "fit" },
    keepsAll: true,
  },
];

/** All rows but the one that the configuration describes, which is the reference of every preset. */
export function methodRows({ synthesis: { combination, trust, selection } }: Config): MethodRow[] {
  const keepsAll = selection.method === "none";
  return ROWS.filter(
    (row) =>
      (row.keepsAll !== true || !keepsAll) &&
      !(
        row.synthesis.combination === combination &&
        row.synthesis.trust === trust &&
        (row.keepsAll ?? keepsAll) === keepsAll
      ),
  );
}
