// What `relata describe` finds in a corpus, as plain JSON values.
import type { ReadReport } from "../../data/report.ts";
import type { MentionAccount, MentionCount } from "./mention-table.ts";
import type { OrderAccount } from "./order.ts";
import type { Quantities } from "./tally.ts";

/** A label and how often it occurs. */
export interface LabelShare {
  readonly label: string;
  readonly count: number;
  /** Of all of its kind in the split. */
  readonly share: number;
  /** Documents that have it. */
  readonly documents: number;
}

/** An entity label with its mentions. */
export interface EntityLabel extends LabelShare {
  readonly distinctMentions: number;
  /** Different mentions that other labels have too. */
  readonly ambiguousMentions: number;
  readonly commonest: readonly MentionCount[];
}

/** A relation label with the types that it joins. */
export interface RelationLabel extends LabelShare {
  /** The commonest first. */
  readonly types: readonly { readonly head: string; readonly tail: string; readonly count: number }[];
}

/** Ordered pairs of a document's mentions with different spans. */
export interface PairSummary {
  readonly total: number;
  /** With at least one relation in this direction. */
  readonly annotated: number;
  readonly unannotated: number;
  /** Ordered pairs of each document. */
  readonly perDocument: Quantities | undefined;
  /** Documents with more pairs than a relation model is asked about. */
  readonly documentsBeyondMost: number;
}

/** Lengths in the tokens of an encoder, special tokens included. */
export interface EncoderTokens extends Quantities {
  readonly encoder: string;
  readonly maxLength: number;
  /** Documents that are longer, which a model reads only in part or in windows. */
  readonly longer: number;
}

/** A field of `meta`. */
export interface MetaField {
  readonly name: string;
  readonly documents: number;
  /** Kinds of values: `string`, `number`, `boolean`, `list`, `object`. */
  readonly kinds: readonly string[];
}

/** One file. */
export interface SplitDescription {
  /** Name of the split: from the file's name. */
  readonly name: string;
  readonly report: Pick<
    ReadReport,
    "source" | "format" | "guessed" | "accepted" | "rejected" | "leftOut" | "counts"
  >;
  readonly documents: number;
  readonly distinctTexts: number;
  readonly words: Quantities | undefined;
  readonly characters: Quantities | undefined;
  readonly tokens: EncoderTokens | undefined;
  readonly pictures: {
    /** Documents that name one. */
    readonly documents: number;
    readonly distinct: number;
    /** Distinct names that are not in the folder; undefined without a folder. */
    readonly missing: number | undefined;
  };
  readonly entities: {
    readonly total: number;
    readonly perDocument: Quantities | undefined;
    readonly labels: readonly EntityLabel[];
    readonly mentions: MentionAccount;
  };
  readonly relations: {
    readonly total: number;
    readonly perDocument: Quantities | undefined;
    readonly labels: readonly RelationLabel[];
  };
  readonly pairs: PairSummary;
  readonly categories: readonly LabelShare[];
  /** Documents by the writing of most of their letters. */
  readonly scripts: Readonly<Record<string, number>>;
  /** Documents of two writings. */
  readonly mixedScripts: number;
  /** Documents by guessed language; `undecided` where the guess would be wild. */
  readonly languages: Readonly<Record<string, number>>;
  /** Confidences of an extractor, in hundredths. */
  readonly probabilities: Readonly<Partial<Record<"entities" | "relations" | "categories", Quantities>>>;
  readonly meta: readonly MetaField[];
  /** Further fields of meta beyond those that are listed. */
  readonly otherMeta: boolean;
  readonly order: OrderAccount;
}

/** A corpus. */
export interface CorpusDescription {
  readonly splits: readonly SplitDescription[];
}
