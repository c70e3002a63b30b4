// Describes which unannotated pairs became "None".
import { counted } from "../base/counted.ts";
import type { PairAccount } from "../extractors/pairs/pair-set.ts";

const SHOWN_TYPES = 8;

/** Returns one line about the added pairs; empty if there are none to report. */
export function describePairs(account: PairAccount): string[] {
  const { negatives, reason, made, byTypes, beyondMaxPairs, unaskable, severalLabels } = account;
  const count = (value: number) => value.toLocaleString("en");
  const shown = byTypes.slice(0, SHOWN_TYPES).map((one) => `${one.head} > ${one.tail} ${count(one.count)}`);
  const rest = byTypes.length > SHOWN_TYPES ? `, and ${byTypes.length - SHOWN_TYPES} more` : "";
  const how = typeof negatives === "number" ? `at most ${negatives} per relation` : negatives;
  const left = [
    ...(beyondMaxPairs > 0
      ? [`left out ${count(beyondMaxPairs)} beyond the 64 nearest pairs of a document`]
      : []),
    ...(unaskable > 0 ? [`left out ${count(unaskable)} too long for the model`] : []),
  ];
  return [
    ...(made > 0
      ? [
          `${counted(made, "unannotated ordered pair")} became None (${how}${shown.length > 0 ? `: ${shown.join(", ")}${rest}` : ""})${left.map((one) => `; ${one}`).join("")}`,
        ]
      : []),
    ...(reason === undefined
      ? []
      : [`no unannotated pair became None, because ${reason} (--negatives typed adds such pairs)`]),
    ...(severalLabels > 0
      ? [
          `${counted(severalLabels, "pair has", "pairs have")} several relations: each relation becomes its own example, but the model predicts only one per pair`,
        ]
      : []),
  ];
}
