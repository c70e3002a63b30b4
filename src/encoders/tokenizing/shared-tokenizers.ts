// Tokenizers of models that are used together: equal ones are one object, so that a word is tokenised once and kept once.
import { sha256 } from "../../base/sha256.ts";
import { readTokenizer } from "./load-tokenizer.ts";
import { TextTokenizer } from "./tokenizer.ts";

/** Loads tokenizers of folders, each definition once. */
export class SharedTokenizers {
  readonly #known = new Map<string, TextTokenizer>();

  /** The tokenizer of a folder, or that of another folder with the same definition and settings. @throws the errors of `loadTokenizer` */
  async load(folder: string): Promise<TextTokenizer> {
    const { definition, options } = await readTokenizer(folder);
    const { place: _, ...settings } = options; // only named in errors
    const key = sha256(JSON.stringify([definition, settings]));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const tokenizer = new TextTokenizer(definition, options);
    this.#known.set(key, tokenizer);
    return tokenizer;
  }
}
