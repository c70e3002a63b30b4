// Tag schemes other than BIO (IOB2): recognises IOB1, BIOES, BILOU, BMES and plain IO in a file's tags, and reads their entities.
import { type BioPolicy, parseBioTag, spansOfTags, type TagReading } from "./bio.ts";
import { type Defect, defect, quote } from "./defects.ts";

/** IOB2 is BIO. In IOB1 an I- tag begins an entity, and B- one that directly follows another of its type. IO has labels without a prefix. */
export type TagScheme = "IOB2" | "IOB1" | "BIOES" | "BILOU" | "BMES" | "IO";

/** A tag of any scheme with prefixes: the place of its token in an entity of `label`. */
interface SchemeTag {
  readonly place: "begin" | "inside" | "end" | "single";
  readonly label: string;
}

const PLACES: Readonly<Record<string, SchemeTag["place"]>> = {
  B: "begin",
  I: "inside",
  M: "inside",
  E: "end",
  L: "end",
  S: "single",
  U: "single",
};

/** Parses `<prefix>-<label>`; undefined for O and any other string. */
export function parseSchemeTag(tag: string): SchemeTag | undefined {
  const place = PLACES[tag[0] ?? ""];
  const label = tag.slice(2);
  return place === undefined || tag[1] !== "-" || label === "" ? undefined : { place, label };
}

/**
 * Judges the scheme of a file by the tags of its texts. It is IOB1 if I- tags begin entities, and B- tags only those directly after
 * another of the same type; the others are recognised by their prefixes. Tags that fit no scheme do not count, unless none has a prefix.
 */
export class SchemeSurvey {
  readonly #prefixes = new Set<string>();
  #plain = 0;
  #begunByI = 0;
  #begunByB = 0;

  /** @param tags of one text */
  observe(tags: readonly string[]): void {
    let before: string | undefined;
    for (const tag of tags) {
      const parsed = parseSchemeTag(tag);
      if (parsed !== undefined) this.#prefixes.add(tag[0] ?? "");
      else if (tag !== "O") this.#plain++;
      if (parsed !== undefined && parsed.label !== before) {
        if (tag[0] === "I") this.#begunByI++;
        if (tag[0] === "B") this.#begunByB++;
      }
      before = parsed?.label;
    }
  }

  get scheme(): TagScheme {
    const prefixes = this.#prefixes;
    if (this.#plain > 0 && prefixes.size === 0) return "IO";
    if (prefixes.has("M")) return "BMES";
    if (prefixes.has("E") || prefixes.has("S")) return "BIOES";
    if (prefixes.has("L") || prefixes.has("U")) return "BILOU";
    return this.#begunByI > 0 && this.#begunByB === 0 ? "IOB1" : "IOB2";
  }
}

/** The scheme of some texts. */
export function schemeOf(texts: Iterable<readonly string[]>): TagScheme {
  const survey = new SchemeSurvey();
  for (const tags of texts) survey.observe(tags);
  return survey.scheme;
}

/** Whether a tag belongs to a scheme. */
export function isTagOf(tag: string, scheme: TagScheme): boolean {
  if (tag === "O" || scheme === "IO") return tag !== "";
  return scheme === "IOB1" || scheme === "IOB2"
    ? parseBioTag(tag) !== undefined
    : parseSchemeTag(tag) !== undefined;
}

/** What a file's report says of its scheme; undefined for IOB2, which is BIO. */
export function schemeDefect(scheme: TagScheme, place: string): Defect | undefined {
  if (scheme === "IOB2") return undefined;
  return defect(
    "data/tag-scheme",
    place,
    `the tags are ${scheme}${MEANINGS[scheme]}; they are read as such`,
    scheme,
  );
}

const MEANINGS: Readonly<Record<Exclude<TagScheme, "IOB2">, string>> = {
  IOB1: ": I- begins an entity, and B- only one directly after another of its type",
  IO: ": labels without prefixes, so that adjacent tokens of a label are one entity",
  BIOES: "",
  BILOU: "",
  BMES: "",
};

/**
 * Reads entities from the tags of one text. Orphans are tags that continue an entity where none is open; `policy` says how to read them.
 *
 * @throws DataError `data/not-a-bio-tag` for a tag of another scheme.
 */
export function readTags(tags: readonly string[], scheme: TagScheme, policy: BioPolicy): TagReading {
  switch (scheme) {
    case "IOB2":
      return spansOfTags(tags, policy);
    case "IOB1":
      return spansOfTags(fromIob1(tags), policy);
    case "IO":
      return spansOfTags(fromIob1(tags.map((tag) => (tag === "O" ? tag : `I-${tag}`))), policy);
    case "BIOES":
    case "BILOU":
    case "BMES":
      return readClosing(tags, policy);
    default:
      return scheme satisfies never;
  }
}

/** IOB2 tags for IOB1 tags. */
function fromIob1(tags: readonly string[]): readonly string[] {
  return tags.map((tag, i) => {
    const begins = tag.startsWith("I-") && tags[i - 1]?.slice(1) !== tag.slice(1);
    return begins ? `B${tag.slice(1)}` : tag;
  });
}

/** Reads tags of a scheme that marks the last token of an entity. */
function readClosing(tags: readonly string[], policy: BioPolicy): TagReading {
  const orphans: number[] = [];
  let closed: string | undefined; // the label of an entity that ended directly before
  const bio = tags.map((tag, i) => {
    const parsed = parseSchemeTag(tag);
    if (parsed === undefined) {
      closed = undefined;
      return tag;
    }
    const { place, label } = parsed;
    const begins = place === "begin" || place === "single";
    const isOrphan = !begins && closed === label; // to BIO it would look like a continuation
    closed = place === "end" || place === "single" ? label : undefined;
    if (isOrphan) orphans.push(i);
    if (isOrphan && policy === "strict") return "O";
    return `${begins || (isOrphan && policy === "conll") ? "B" : "I"}-${label}`;
  });
  const reading = spansOfTags(bio, policy);
  return { ...reading, orphans: [...orphans, ...reading.orphans].sort((a, b) => a - b) };
}

/** A tag that continues an entity where none is open. */
interface Orphan {
  readonly word: string;
  readonly tag: string;
  /** The tag before it, if any. */
  readonly before: string | undefined;
  readonly place: string;
}

/** The defect for an orphan, including how the policy reads it. */
export function orphanDefect({ word, tag, before, place }: Orphan, policy: BioPolicy): Defect {
  const continues = policy === "repair" && before !== undefined && before !== "O";
  const reading = {
    conll: "it starts an entity",
    repair: continues ? "it continues the entity before it" : "it starts an entity",
    strict: "the text is rejected",
  }[policy];
  const message = `${tag} of ${quote(word)} follows ${before ?? "nothing"}: ${reading}`;
  const found = defect("data/orphan-tag", place, message, tag);
  return policy === "strict" ? { ...found, severity: "error" } : found;
}
