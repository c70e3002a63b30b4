// Recognises what a text of the corpus says, from nothing but the text: its wording, and what the names of
// head and tail reveal.
import { SynthesisError } from "../base/errors.ts";
import { type EntityType, TYPES } from "./labels.ts";
import { KINDS_OF_WRITTEN_NAMES, type NameKind } from "./names.ts";
import { WORDINGS, type WordingClass } from "./wordings.ts";

/** Placeholders for a mention that was lost or never requested. */
export const STAND_IN: Readonly<Record<EntityType, string>> = {
  person: "somebody",
  organization: "some company",
  place: "some town",
  work: "some song",
};

/** What a text of the world says about its two entities. */
export interface TextState {
  readonly wording: WordingClass;
  /** What the mention of the head, or its placeholder, reveals about its type. */
  readonly head: NameKind;
  readonly tail: NameKind;
}

const KINDS: ReadonlyMap<string, NameKind> = new Map([
  ...KINDS_OF_WRITTEN_NAMES,
  ...TYPES.map((type) => [STAND_IN[type], type] as const),
]);
const LONGEST_FIRST = [...KINDS.keys()].sort((a, b) => b.length - a.length); // a full name before its first word
const NAME = new RegExp(`(?<![\\p{L}\\d@#])(?:${LONGEST_FIRST.join("|")})(?![\\p{L}\\d])`, "gu");
/** Takes the place of a name; texts do not contain it. */
const GAP = "\u0000";

/** The wordings with gaps for both mentions, the longest first, and which of them comes first. */
const FORMS = [...WORDINGS]
  .flatMap(([wording, forms]) =>
    forms.map((form) => ({
      wording,
      gapped: form.replace(/\{[ht]\}/g, GAP),
      headFirst: form.indexOf("{h}") < form.indexOf("{t}"),
    })),
  )
  .sort((a, b) => b.gapped.length - a.gapped.length);

/** The kind of a mention as posts write it; undefined if the corpus has no such name. */
export function kindOfMention(mention: string): NameKind | undefined {
  return KINDS.get(mention);
}

/**
 * Finds the wording of a text and what its two mentions reveal.
 *
 * @param place where the text comes from, for an error
 * @throws SynthesisError `synthesis/unknown-text` for a text without a wording of the corpus
 */
export function recogniseText(text: string, place: string): TextState {
  const names = text.match(NAME) ?? [];
  const gapped = text.replace(NAME, GAP);
  for (const { wording, gapped: form, headFirst } of FORMS) {
    const at = gapped.indexOf(form);
    if (at < 0) continue;
    const before = gapped.slice(0, at).split(GAP).length - 1;
    const kinds = names.slice(before, before + 2).map((name) => KINDS.get(name) as NameKind); // matched by these keys
    const [first, second] = kinds as [NameKind, NameKind]; // every form has two gaps
    return headFirst ? { wording, head: first, tail: second } : { wording, head: second, tail: first };
  }
  throw new SynthesisError({
    code: "synthesis/unknown-text",
    message: `simulator: ${JSON.stringify(text)}, given for instance ${place}, contains no wording of the embedded corpus`,
    value: text,
    place,
    remedy: "Give the simulator unchanged texts of its corpus, or texts that it made.",
  });
}
