// The account of an annotation: documents, samples, mentions and relations, by what happened to them.
import { increment } from "../base/label-counts.ts";
import type { ContentRow } from "../synthesis/store/ledger-row.ts";
import type { Agreement, LeftOutReason, RelationLeftOutReason } from "./agreement.ts";
import type { LostMention } from "./ground-answer.ts";
import { type GroundingCounts, noCounts } from "./grounding-counts.ts";
import type { UnreadableReason } from "./read-answer.ts";

/** A mention that was not kept, with its document. */
export interface LostInDocument extends LostMention {
  readonly document: string;
}

/** What an annotation made of its answers. */
export interface AnnotationAccount {
  readonly documents: {
    readonly given: number;
    readonly annotated: number;
    /** Some of their samples are not answered yet. */
    readonly unanswered: number;
    /** Their samples are all answered, and none is usable. */
    readonly unusable: number;
  };
  readonly samples: {
    readonly asked: number;
    readonly usable: number;
    readonly refused: number;
    /** Answers that could not be read even after asking again, by reason. */
    readonly unreadable: Readonly<Record<string, number>>;
    /** Answers that could not be read and were asked for again, by reason. */
    readonly askedAgain: Readonly<Record<string, number>>;
    /** How the server was asked to constrain its answers. */
    readonly formats: Readonly<Record<string, number>>;
  };
  /** Mentions and relations of all usable samples. */
  readonly counts: Readonly<GroundingCounts>;
  /** In the documents. */
  readonly entities: Readonly<Record<string, number>>;
  readonly relations: Readonly<Record<string, number>>;
  readonly entitiesLeftOut: Readonly<Record<LeftOutReason, number>>;
  readonly relationsLeftOut: Readonly<Record<RelationLeftOutReason, number>>;
  /** The first mentions that were not kept. */
  readonly lost: readonly LostInDocument[];
  /** As the server counted them. */
  readonly tokens: { readonly input: number; readonly output: number; readonly callsWithout: number };
}

const MAX_LOST_LISTED = 50;

/** An account while it grows. */
export class Tally {
  readonly documents = { given: 0, annotated: 0, unanswered: 0, unusable: 0 };
  readonly samples = {
    asked: 0,
    usable: 0,
    refused: 0,
    unreadable: {} as Record<string, number>,
    askedAgain: {} as Record<string, number>,
    formats: {} as Record<string, number>,
  };
  readonly counts: GroundingCounts = noCounts();
  readonly entities: Record<string, number> = {};
  readonly relations: Record<string, number> = {};
  readonly entitiesLeftOut = { "little-agreement": 0, overlap: 0 };
  readonly relationsLeftOut = { "little-agreement": 0, "without-mention": 0, "wrong-types": 0 };
  readonly lost: LostInDocument[] = [];
  readonly tokens = { input: 0, output: 0, callsWithout: 0 };

  addUnreadable(why: UnreadableReason): void {
    increment(this.samples.unreadable, why);
  }

  addLost(document: string, lost: readonly LostMention[]): void {
    for (const one of lost) if (this.lost.length < MAX_LOST_LISTED) this.lost.push({ document, ...one });
  }

  addAgreement({ entities, relations, leftOut, relationsLeftOut }: Agreement): void {
    for (const { label } of entities) increment(this.entities, label);
    for (const { label } of relations) increment(this.relations, label);
    for (const { why } of leftOut) this.entitiesLeftOut[why]++;
    for (const why of ["little-agreement", "without-mention", "wrong-types"] as const)
      this.relationsLeftOut[why] += relationsLeftOut[why];
  }

  /** What the annotator recorded about a call: the form of the answer, tokens, and answers before it that could not be read. */
  addDetails({ details = {} }: ContentRow): void {
    const { format, tokens, unreadable } = details as {
      readonly format?: string;
      readonly tokens?: { readonly input: number; readonly output: number };
      readonly unreadable?: readonly string[];
    };
    if (format !== undefined) increment(this.samples.formats, format);
    for (const why of unreadable ?? []) increment(this.samples.askedAgain, why);
    if (tokens === undefined) this.tokens.callsWithout++;
    else {
      this.tokens.input += tokens.input;
      this.tokens.output += tokens.output;
    }
  }

  /** The account so far. */
  account(): AnnotationAccount {
    const {
      documents,
      samples,
      counts,
      entities,
      relations,
      entitiesLeftOut,
      relationsLeftOut,
      lost,
      tokens,
    } = this;
    return {
      documents,
      samples,
      counts,
      entities,
      relations,
      entitiesLeftOut,
      relationsLeftOut,
      lost,
      tokens,
    };
  }
}
