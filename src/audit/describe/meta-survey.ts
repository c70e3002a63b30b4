// Which fields documents have in `meta`, and what kind of values.
import type { Document, JsonValue } from "../../data/document.ts";
import type { MetaField } from "./description.ts";

const MOST_FIELDS = 50; // a file may have another field in every row

/** Fields of `meta`. */
export class MetaSurvey {
  readonly #fields = new Map<string, { documents: number; readonly kinds: Set<string> }>();
  #others = false;

  see({ meta }: Document): void {
    for (const [name, value] of Object.entries(meta ?? {})) {
      let field = this.#fields.get(name);
      if (field === undefined) {
        if (this.#fields.size >= MOST_FIELDS) {
          this.#others = true;
          continue;
        }
        field = { documents: 0, kinds: new Set() };
        this.#fields.set(name, field);
      }
      field.documents++;
      field.kinds.add(kindOf(value));
    }
  }

  account(): { readonly meta: readonly MetaField[]; readonly otherMeta: boolean } {
    return {
      meta: [...this.#fields].map(([name, { documents, kinds }]) => ({
        name,
        documents,
        kinds: [...kinds].sort(),
      })),
      otherMeta: this.#others,
    };
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value;
}
