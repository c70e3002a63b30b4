// What a text encoder on this machine allows: the length of its inputs, and how many texts a training step has memory for.

import { isFolder } from "../encoders/folder-list.ts";
import { maximumLength, readsGroups } from "../encoders/text/table.ts";
import { openTextEncoder } from "../encoders/text-encoder.ts";
import type { TextTokenizer } from "../encoders/tokenizing/tokenizer.ts";
import { activationBytes } from "../extractors/shared/activation-memory.ts";
import { availableMemoryBytes } from "../training/memory.ts";
import type { EncoderFacts } from "./choose-settings.ts";

/** The share of the free memory that a training step's states may take; weights, moments and pictures need room too. */
const STATES_SHARE = 0.5;

/**
 * Opens an encoder's folder; undefined for a hub id, which is not downloaded for this.
 *
 * @throws EncoderError the codes of `openTextEncoder`
 */
export async function openEncoderFacts(
  reference: string,
): Promise<{ readonly facts: EncoderFacts; readonly tokenizer: TextTokenizer } | undefined> {
  if (!(await isFolder(reference))) return undefined;
  const { config, tokenizer } = await openTextEncoder(reference);
  const memory = availableMemoryBytes() * STATES_SHARE;
  return {
    tokenizer,
    facts: {
      specialTokens: tokenizer.prefixIds.length + tokenizer.suffixIds.length,
      longestInput: maximumLength(config),
      readsPackedPairs: readsGroups(config),
      documentsThatFit: (tokens) => Math.floor(memory / activationBytes(config, tokens, tokens)),
    },
  };
}
