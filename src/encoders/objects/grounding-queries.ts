// The text side of a text-prompted detector: the queries of a text, and their tokens.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type HostTensor, hostTensor } from "../../graph/host-tensor.ts";
import { combinedFingerprint, fileFingerprint } from "../onnx-file.ts";
import { loadTokenizer } from "../tokenizing/load-tokenizer.ts";
import type { TextTokenizer } from "../tokenizing/tokenizer.ts";
import { TOKENIZER_FILES } from "../tokenizing/tokenizer-files.ts";
import type { GroundingDescription } from "./description.ts";
import { textQueries } from "./text-queries.ts";

/** Builds a text's queries for a network with inputs `input_ids` and `attention_mask` [queries, length]. */
export class GroundingQueries {
  readonly usesText: boolean;
  /** Of the tokenizer; the rules are part of the description. */
  readonly fingerprint: string;
  readonly #description: GroundingDescription;
  readonly #tokenizer: TextTokenizer;

  private constructor(description: GroundingDescription, tokenizer: TextTokenizer, fingerprint: string) {
    this.#description = description;
    this.#tokenizer = tokenizer;
    this.fingerprint = fingerprint;
    this.usesText = description.queries === undefined;
  }

  /** @throws EncoderError the codes of `loadTokenizer` */
  static async open(place: string, description: GroundingDescription): Promise<GroundingQueries> {
    const folder = resolve(dirname(place), description.tokenizer);
    const tokenizer = await loadTokenizer(folder, { maxLength: description.textLength });
    const files = TOKENIZER_FILES.filter((file) => existsSync(join(folder, file)));
    const sums = await Promise.all(files.map((file) => fileFingerprint(join(folder, file))));
    return new GroundingQueries(description, tokenizer, combinedFingerprint([...files, ...sums]));
  }

  /** The queries; empty if a text names nothing. */
  of(text: string): readonly string[] {
    const { queries, maxQueries } = this.#description;
    return queries ?? textQueries(text, maxQueries);
  }

  /** Tokens of queries, padded to the described length; a longer query is truncated between words. */
  inputs(queries: readonly string[]): Record<string, HostTensor> {
    const { inputIds, attentionMask, prompt, textLength } = this.#description;
    const ids = new BigInt64Array(queries.length * textLength).fill(BigInt(this.#tokenizer.padId));
    const mask = new BigInt64Array(queries.length * textLength);
    for (const [row, query] of queries.entries()) {
      const encoding = this.#tokenizer.encodeText(
        prompt.replaceAll("{}", () => query),
        {
          maxLength: textLength,
          overlong: "truncate",
        },
      );
      for (const [i, id] of encoding.ids.entries()) {
        ids[row * textLength + i] = BigInt(id);
        mask[row * textLength + i] = 1n;
      }
    }
    const shape = [queries.length, textLength];
    return { [inputIds]: hostTensor("int64", shape, ids), [attentionMask]: hostTensor("int64", shape, mask) };
  }
}
