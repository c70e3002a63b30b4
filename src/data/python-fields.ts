// Extracts typed fields from a parsed Python dict, and collects the defects of what it lacks or has besides.
import { type Defect, defect, quote } from "./defects.ts";
import type { PythonDict, PythonValue } from "./python-literal.ts";

/** Extracts typed fields and reports those that are missing, mistyped or unknown. */
export class DictFields {
  readonly #dict: PythonDict | undefined;
  readonly #name: string;
  readonly #place: string;
  readonly #defects: Defect[];
  readonly #taken = new Set<unknown>();

  constructor(value: PythonValue, name: string, place: string, defects: Defect[]) {
    this.#name = name;
    this.#place = place;
    this.#defects = defects;
    if (isDict(value)) this.#dict = value;
    else this.#add("data/wrong-type", `${name} is ${shown(value)}, not a dict`, value);
  }

  /** An optional string; None counts as absent. */
  optionalString(key: string): string | undefined {
    if (this.#dict === undefined || this.has(key)) return this.string(key);
    this.#taken.add(key);
    return undefined;
  }

  string(key: string): string | undefined {
    return this.#take(key, "a string", (value) => (typeof value === "string" ? value : undefined));
  }

  words(key: string): readonly string[] | undefined {
    const isWords = (value: PythonValue): value is readonly string[] =>
      Array.isArray(value) && value.every((word) => typeof word === "string");
    return this.#take(key, "a list of strings", (value) => (isWords(value) ? value : undefined));
  }

  /** A dict inside this one. */
  dict(key: string): DictFields | undefined {
    const dict = this.#take(key, "a dict", (value) => (isDict(value) ? value : undefined));
    return dict && new DictFields(dict, key, this.#place, this.#defects);
  }

  /** Two whole numbers. */
  pair(key: string): readonly [number, number] | undefined {
    return this.#take(key, "a list of two ints", (value) => {
      const items = Array.isArray(value) ? (value as readonly PythonValue[]) : [];
      const [first, end] = items;
      return items.length === 2 && typeof first === "number" && typeof end === "number"
        ? ([first, end] as const)
        : undefined;
    });
  }

  /** Whether there is a field with a value. */
  has(key: string): boolean {
    return (this.#dict?.get(key) ?? null) !== null;
  }

  /** Takes a field whose value is not needed. */
  skip(key: string): void {
    this.#taken.add(key);
  }

  /** Reports the fields that were not extracted. */
  end(): void {
    for (const [key, value] of this.#dict ?? []) {
      if (!this.#taken.has(key) && value !== null)
        this.#add("data/unknown-field", `${this.#name} has the unknown field ${quote(key)}`, key);
    }
  }

  #take<T>(key: string, wanted: string, read: (value: PythonValue) => T | undefined): T | undefined {
    this.#taken.add(key);
    if (this.#dict === undefined) return undefined;
    const value = this.#dict.get(key);
    const path = this.#name === "the row" ? key : `${this.#name}.${key}`;
    if (value === undefined || value === null) {
      this.#add("data/missing-field", `${path} is missing`, undefined);
      return undefined;
    }
    const field = read(value);
    if (field === undefined) this.#add("data/wrong-type", `${path} is ${shown(value)}, not ${wanted}`, value);
    return field;
  }

  #add(
    code: "data/wrong-type" | "data/missing-field" | "data/unknown-field",
    message: string,
    value: unknown,
  ): void {
    this.#defects.push(defect(code, this.#place, message, value));
  }
}

function isDict(value: PythonValue): value is PythonDict {
  return value instanceof Map;
}

function shown(value: PythonValue): string {
  return value instanceof Map ? "a dict" : value === null ? "None" : quote(value);
}
