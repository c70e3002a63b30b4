// Which unannotated pairs became "None", in words.
import type { PairAccount } from "../extractors/pairs/pair-set.ts";

const SHOWN_TYPES = 8;

/** What was made, in one line; empty where there is nothing to say. */
export function describePairs(account: PairAccount): string[] {
  const { negatives, reason, made, byTypes, beyondMaxPairs, unaskable, severalLabels } = account;
  const count = (value: number) => value.toLocaleString("en");
  const shown = byTypes.slice(0, SHOWN_TYPES).map((one) => `${one.head} > ${one.tail} ${count(one.count)}`);
  const rest = byTypes.length > SHOWN_TYPES ? `, and ${byTypes.length - SHOWN_TYPES} more` : "";
  const how = typeof negatives === "number" ? `at most ${negatives} per relation` : negatives;
  const left = [
    ...(beyondMaxPairs > 0 ? [`${count(beyondMaxPairs)} beyond the 64 nearest of a document left out`] : []),
    ...(unaskable > 0
      ? [`${count(unaskable)} that ${unaskable === 1 ? "does" : "do"} not fit into the model left out`]
      : []),
  ];
  return [
    ...(made > 0
      ? [
          `${count(made)} unannotated ordered ${made === 1 ? "pair" : "pairs"} became None (${how}${shown.length > 0 ? `: ${shown.join(", ")}${rest}` : ""})${left.map((one) => `; ${one}`).join("")}`,
        ]
      : []),
    ...(reason === undefined
      ? []
      : [`no unannotated pair became None, since ${reason} (--negatives typed adds them)`]),
    ...(severalLabels > 0
      ? [
          `${count(severalLabels)} ${severalLabels === 1 ? "pair has" : "pairs have"} several relations: each is an example of its own, and the model gives one answer`,
        ]
      : []),
  ];
}
