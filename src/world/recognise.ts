// Recognises a text of the corpus: its wording, and which of the instance's mentions it contains.
import { SynthesisError } from "../base/errors.ts";
import type { EntityType } from "./labels.ts";
import type { PostTruth } from "./truth.ts";
import { fillWording, WORDINGS, type WordingClass } from "./wordings.ts";

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
  readonly mentionsHead: boolean;
  readonly mentionsTail: boolean;
}

/**
 * Finds the wording of a text, with each mention as the post writes it or its placeholder.
 *
 * @throws SynthesisError `synthesis/unknown-text` for a text without one
 */
export function recogniseText(text: string, { id, head, tail }: PostTruth): TextState {
  let found: (TextState & { readonly length: number }) | undefined;
  for (const [wording, forms] of WORDINGS) {
    for (const form of forms) {
      for (const mentionsHead of [true, false]) {
        for (const mentionsTail of [true, false]) {
          const filled = fillWording(
            form,
            mentionsHead ? head.text : STAND_IN[head.type],
            mentionsTail ? tail.text : STAND_IN[tail.type],
          ).text;
          if (filled.length > (found?.length ?? 0) && text.includes(filled))
            found = { wording, mentionsHead, mentionsTail, length: filled.length };
        }
      }
    }
  }
  if (found !== undefined) return found;
  throw new SynthesisError({
    code: "synthesis/unknown-text",
    message: `simulator: ${JSON.stringify(text)}, given for instance ${id}, contains no wording of the embedded corpus`,
    value: text,
    place: id,
    remedy: "Give the simulator unchanged texts of its corpus, or texts that it made.",
  });
}
