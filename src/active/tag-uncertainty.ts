// How unsure an entity model is about a text: from the probability of its best tag sequence, per token.
import type { ChainScores } from "../nn/viterbi.ts";
import { viterbi } from "../nn/viterbi.ts";

/**
 * 1 - exp(log p(best sequence) / tokens): the maximum normalised log-probability of Shen et al. (2018), turned so that 0 is sure. It also sees doubt
 * about a mention that the model leaves out, and a long text is not less certain for its length alone.
 *
 * @param emissions [tokens, tags]
 * @param temperature divides all scores
 */
export function tagUncertainty(emissions: Float32Array, chain: ChainScores, temperature = 1): number {
  const tags = chain.start.length;
  const tokens = emissions.length / tags;
  if (tokens === 0) return 0;
  const best = pathScore(emissions, chain, viterbi(emissions, chain)) / temperature;
  return 1 - Math.exp(Math.min(0, best - logPartition(emissions, chain, temperature)) / tokens);
}

function pathScore(
  emissions: Float32Array,
  { start, end, transitions }: ChainScores,
  path: readonly number[],
): number {
  const tags = start.length;
  return path.reduce((score, tag, t) => {
    const before = t === 0 ? start[tag]! : transitions[path[t - 1]! * tags + tag]!;
    const after = t === path.length - 1 ? end[tag]! : 0;
    return score + before + emissions[t * tags + tag]! + after;
  }, 0);
}

/** log of the sum over all tag sequences (the forward algorithm), in double precision. */
function logPartition(
  emissions: Float32Array,
  { start, end, transitions }: ChainScores,
  temperature: number,
): number {
  const tags = start.length;
  let forward = Float64Array.from(start, (score, tag) => (score + emissions[tag]!) / temperature);
  for (let t = 1; t < emissions.length / tags; t++) {
    const next = new Float64Array(tags);
    for (let to = 0; to < tags; to++) {
      const into = forward.map((score, from) => score + transitions[from * tags + to]! / temperature);
      next[to] = logSumExp(into) + emissions[t * tags + to]! / temperature;
    }
    forward = next;
  }
  return logSumExp(forward.map((score, tag) => score + end[tag]! / temperature));
}

function logSumExp(values: Float64Array): number {
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}
