// The counts of grounding: what happened to the mentions and relations of answers.

/** What happened to the items of answers; every item that is not kept is counted once. */
export interface GroundingCounts {
  /** Mentions with a place, by how they were found. */
  exact: number;
  spelling: number;
  spacing: number;
  trimmed: number;
  /** Of these: inside a word, because no whole words matched. */
  insideWord: number;
  /** Of these: mentions that occur more than once and say which one, by number or by the words around. */
  disambiguated: number;
  /** Of these: the number was larger than the number of occurrences, and there is one only. */
  wrongOccurrence: number;
  /** Mentions that occur more than once and do not say which one; the schema's `repeated` decides. */
  ambiguous: number;
  /** Not in the text in any of the accepted spellings. */
  absent: number;
  emptyMention: number;
  unknownLabel: number;
  duplicateEntity: number;
  unknownRelation: number;
  /** The relation refers to a mention that the answer does not list. */
  danglingRelation: number;
  /** The relation refers to a mention that was not kept. */
  lostMention: number;
  /** The relation's text could mean several mentions of the answer. */
  ambiguousRelation: number;
  /** The schema does not allow the relation between these types. */
  wrongTypes: number;
  selfRelation: number;
  duplicateRelation: number;
  malformed: number;
}

/** All counts at 0. */
export function noCounts(): GroundingCounts {
  return {
    exact: 0,
    spelling: 0,
    spacing: 0,
    trimmed: 0,
    insideWord: 0,
    disambiguated: 0,
    wrongOccurrence: 0,
    ambiguous: 0,
    absent: 0,
    emptyMention: 0,
    unknownLabel: 0,
    duplicateEntity: 0,
    unknownRelation: 0,
    danglingRelation: 0,
    lostMention: 0,
    ambiguousRelation: 0,
    wrongTypes: 0,
    selfRelation: 0,
    duplicateRelation: 0,
    malformed: 0,
  };
}
