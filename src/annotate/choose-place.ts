// Chooses which occurrence of its string a mention means: by the words quoted around it, by its number, or by how often it is listed.
import type { Span } from "../data/document.ts";
import type { MatchKind, MentionFinder, MentionPlaces } from "./find-mention.ts";
import type { GroundingCounts } from "./grounding-counts.ts";
import type { SaidMention } from "./read-answer.ts";
import type { AnnotationSchema } from "./schema.ts";

/** Chooses the places of the mentions of one answer, in their order. */
export class PlaceChooser {
  readonly #finder: MentionFinder;
  readonly #repeated: AnnotationSchema["repeated"];
  readonly #counts: GroundingCounts;
  /** How often the answer lists a text without saying which occurrence it means. */
  readonly #listed = new Map<string, number>();
  readonly #taken = new Map<string, number>();

  constructor(
    finder: MentionFinder,
    mentions: readonly SaidMention[],
    repeated: AnnotationSchema["repeated"],
    counts: GroundingCounts,
  ) {
    this.#finder = finder;
    this.#repeated = repeated;
    this.#counts = counts;
    for (const said of mentions) {
      if (said.occurrence !== undefined) continue;
      const key = keyOf(said);
      this.#listed.set(key, (this.#listed.get(key) ?? 0) + 1);
    }
  }

  choose(said: SaidMention): readonly Span[] | "absent" | "ambiguous" {
    const counts = this.#counts;
    const steps = this.#finder.find(said.text);
    const [first] = steps;
    if (first === undefined) {
      counts.absent++;
      return "absent";
    }
    const took = (step: MentionPlaces, places: readonly Span[]) => {
      counts[step.kind satisfies MatchKind]++;
      if (step.insideWord) counts.insideWord++;
      return places;
    };
    if (first.places.length === 1 && (said.occurrence ?? 1) === 1) return took(first, first.places);
    for (const step of steps) {
      const place = this.#inContext(step.places, said);
      if (place === undefined) continue;
      counts.disambiguated++;
      return took(step, [place]);
    }
    if (said.occurrence !== undefined) {
      for (const step of steps) {
        const place = step.places[said.occurrence - 1];
        if (place === undefined) continue;
        counts.disambiguated++;
        return took(step, [place]);
      }
      if (first.places.length === 1) {
        counts.wrongOccurrence++;
        return took(first, first.places);
      }
    } else {
      // Listed as often as it occurs: one after the other.
      const key = keyOf(said);
      const turn = this.#taken.get(key) ?? 0;
      this.#taken.set(key, turn + 1);
      const step = steps.find(({ places }) => places.length === this.#listed.get(key));
      const place = step?.places[turn];
      if (step !== undefined && place !== undefined) {
        if (step.places.length > 1) counts.disambiguated++;
        return took(step, [place]);
      }
    }
    counts.ambiguous++;
    if (this.#repeated === "drop") return "ambiguous";
    return took(first, this.#repeated === "all" ? first.places : first.places.slice(0, 1));
  }

  /** The only place inside the quoted words, if the text has these words once. */
  #inContext(places: readonly Span[], { context }: SaidMention): Span | undefined {
    if (context === undefined) return undefined;
    const [step] = this.#finder.find(context);
    if (step?.places.length !== 1) return undefined;
    const [quoted] = step.places;
    const inside = places.filter(({ start, end }) => quoted && start >= quoted.start && end <= quoted.end);
    return inside.length === 1 ? inside[0] : undefined;
  }
}

/** Mentions with the same text and label are the same one listed again, or another occurrence of it. */
function keyOf({ text, label }: SaidMention): string {
  return `${label.trim().toLowerCase()}\n${text.trim()}`;
}
