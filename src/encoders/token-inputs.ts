// Fills the token inputs of a text encoder for a batch of texts, padded to the longest.
import { type HostTensor, hostTensor } from "../graph/host-tensor.ts";

/**
 * Tokens: `input_ids`, `attention_mask` int64 [batch, longest], or one column of padding if all texts are
 * empty.
 */
export function tokenInputs(
  texts: readonly { readonly ids: readonly number[] }[],
  padId: number,
): Record<string, HostTensor> {
  const batch = texts.length;
  const length = Math.max(1, ...texts.map(({ ids }) => ids.length));
  const ids = new BigInt64Array(batch * length).fill(BigInt(padId));
  const mask = new BigInt64Array(batch * length);
  texts.forEach((text, row) => {
    text.ids.forEach((id, i) => {
      ids[row * length + i] = BigInt(id);
      mask[row * length + i] = 1n;
    });
  });
  return {
    input_ids: hostTensor("int64", [batch, length], ids),
    attention_mask: hostTensor("int64", [batch, length], mask),
  };
}
