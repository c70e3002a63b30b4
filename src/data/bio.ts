// Reads entities from the BIO tags of a tokenised text, including broken sequences. Models write tags.
import { DataError } from "../base/errors.ts";
import { quote } from "./defects.ts";

/** A parsed tag: outside, or the begin or inside of an entity of `label`. */
export type BioTag =
  | { readonly prefix: "O" }
  | { readonly prefix: "B"; readonly label: string }
  | { readonly prefix: "I"; readonly label: string };

/** Tokens `[start, end)` are an entity of `label`. */
export interface TagSpan {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/**
 * How to read an orphan: an I-T that does not follow B-T or I-T.
 * - `conll`: it starts an entity of T, as in conlleval and seqeval's default mode.
 * - `strict`: it and the I-T after it belong to no entity, as in seqeval's `mode="strict", scheme=IOB2`.
 * - `repair`: directly after an entity of another type it continues that entity, which keeps its type; otherwise it starts one (ours).
 */
export type BioPolicy = "conll" | "strict" | "repair";

/** The entities of a tag sequence. */
export interface TagReading {
  /** In text order; they do not overlap. */
  readonly spans: readonly TagSpan[];
  /** Positions of the orphans, under any policy; empty for a well-formed sequence. */
  readonly orphans: readonly number[];
}

const OUTSIDE: BioTag = { prefix: "O" };

/** Parses `O`, `B-T` or `I-T` (T may contain hyphens); undefined for any other string. */
export function parseBioTag(tag: string): BioTag | undefined {
  if (tag === "O") return OUTSIDE;
  const label = tag.slice(2);
  if (label === "" || tag[1] !== "-") return undefined;
  if (tag[0] === "B") return { prefix: "B", label };
  if (tag[0] === "I") return { prefix: "I", label };
  return undefined;
}

/**
 * Reads entities from the tags of one text.
 *
 * @throws DataError `data/not-a-bio-tag` for a tag that is not O, B-T or I-T.
 * @example
 * import { spansOfTags } from "relata/data";
 *
 * spansOfTags(["O", "I-LOC", "I-PER"], "conll").spans; // [{ start: 1, end: 2, label: "LOC" }, { start: 2, end: 3, label: "PER" }]
 */
export function spansOfTags(tags: readonly string[], policy: BioPolicy): TagReading {
  const spans: TagSpan[] = [];
  const orphans: number[] = [];
  let open: { start: number; label: string } | undefined;
  let before: BioTag = OUTSIDE;
  const close = (end: number) => {
    if (open) spans.push({ ...open, end });
    open = undefined;
  };
  for (const [i, text] of tags.entries()) {
    const tag = parseBioTag(text);
    if (!tag) throw notBio(text, i);
    if (tag.prefix === "I") {
      const continues = before.prefix !== "O" && before.label === tag.label;
      if (!continues) {
        orphans.push(i);
        if (policy !== "repair" || !open) {
          close(i);
          if (policy !== "strict") open = { start: i, label: tag.label };
        }
      }
    } else {
      close(i);
      if (tag.prefix === "B") open = { start: i, label: tag.label };
    }
    before = tag;
  }
  close(tags.length);
  return { spans, orphans };
}

function notBio(tag: string, position: number): DataError {
  return new DataError({
    code: "data/not-a-bio-tag",
    message: `tag ${position} is ${quote(tag)}, which is not O, B-<type> or I-<type>`,
    place: `tag ${position}`,
    value: tag,
    remedy:
      "Convert other schemes (IOBES, BILOU) to BIO, and remove the tags of special tokens and of further subwords.",
  });
}
