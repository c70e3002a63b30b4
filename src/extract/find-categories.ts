// Finds the category of posts: reads the beginning of each text that the model can read, and what it sees of the picture.

import type { Pausable } from "../base/turns.ts";
import type { Word } from "../encoders/tokenizing/words.ts";
import { answerOf } from "../extractors/category/answers.ts";
import { readingText, type TextInput } from "../extractors/category/prepare.ts";
import type { VisualFeatures } from "../visual/visual-channel.ts";
import { reportedOf, type Threshold } from "./below-threshold.ts";
import type { ModelParts } from "./model-parts.ts";
import type { ExtractionNote, FoundCategory } from "./post.ts";

/** The category model's input for a post; undefined without such a model. */
export function* categoryInput(
  { category }: Pick<ModelParts, "category">,
  words: readonly Word[],
): Pausable<TextInput | undefined> {
  if (category === undefined) return undefined;
  const { tokenizer, config } = category;
  return yield* readingText(words, { tokenizer, maxLength: config.maxLength, truncation: "report" });
}

/** What was found out about a post as a whole. */
export interface PostCategory {
  /** Undefined without a category model, and if it is less probable than its threshold. */
  readonly category: FoundCategory | undefined;
  readonly below: Readonly<Record<string, number>>;
  readonly notes: readonly ExtractionNote[];
}

/** The most probable category of each post, in batches of similar length. */
export async function categoriesOf<
  Read extends {
    readonly categoryInput: TextInput | undefined;
    readonly shown: { readonly category: VisualFeatures | undefined };
  },
>(
  { category: loaded }: Pick<ModelParts, "category">,
  posts: readonly Read[],
  thresholdOf: (post: Read) => Threshold,
): Promise<readonly PostCategory[]> {
  if (loaded === undefined) return posts.map(() => ({ category: undefined, below: {}, notes: [] }));
  const rows = await loaded.model.predict(
    posts.map(({ categoryInput: input, shown }, i) => ({
      id: String(i),
      input: input!, // there is a model
      label: undefined,
      visual: shown.category,
    })),
  );
  return posts.map((post, i) => {
    const { categoryInput: input } = post;
    const { label, probability } = answerOf(rows[i]!, loaded); // one row for each post
    const { reported, below } = reportedOf([{ label, probability }], thresholdOf(post));
    const notes = input?.isCut === true ? [textCut(loaded.config.maxLength)] : [];
    return { category: reported[0], below, notes };
  });
}

function textCut(maxLength: number): ExtractionNote {
  return {
    code: "extract/text-cut",
    message: `for the category, only the beginning of the text was read: the model reads ${maxLength} tokens`,
    value: maxLength,
  };
}
