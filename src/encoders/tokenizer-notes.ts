// Notes for the user about a text encoder and its tokenizer: where the two disagree, and assumptions about
// missing settings.
import { counted } from "../base/counted.ts";
import { maximumLength } from "./text/table.ts";
import type { TextEncoderConfig } from "./text-config.ts";
import type { TextTokenizer } from "./tokenizing/tokenizer.ts";

/** Sentences that begin with "note:" or "warning:"; none if encoder and tokenizer match. */
export function tokenizerNotes(
  config: TextEncoderConfig,
  tokenizer: TextTokenizer,
  folder: string,
): string[] {
  const { padTokenId, vocabSize } = config;
  const { padId, vocabularySize, assumed } = tokenizer;
  const notes = assumed.map((what) => `note: ${folder}: ${what}`);
  if (padId !== padTokenId) {
    const use =
      maximumLength(config) === config.maxPositions
        ? `Row ${padTokenId} of the embedding table is not trained.`
        : `Positions are counted from pad_token_id, and row ${padTokenId} of the embedding table is not trained.`;
    notes.push(
      `warning: ${folder}: the padding token has the id ${padId} in the tokenizer's files, but config.json says pad_token_id ${padTokenId}. Texts are padded with ${padId}, which is masked. ${use} Correct the file that is wrong`,
    );
  }
  const spare = vocabSize - vocabularySize;
  if (spare > 0) {
    const rows = counted(spare, "row of its embedding table is", "rows of its embedding table are");
    notes.push(
      `note: ${folder}: ${rows} for no token (${vocabSize} rows, ${vocabularySize} tokens). If tokens were added to the model, the file that lists them is missing (added_tokens.json, tokenizer_config.json or tokenizer.json)`,
    );
  }
  return notes;
}
