// The labels of the world: entity types, relations with typed arguments, and how often each occurs.

/** Types of entities; each has specific names, and some names are shared by all types. */
export const TYPES = ["person", "organization", "place", "work"] as const;
export type EntityType = (typeof TYPES)[number];

export const NONE = "None";
/** Relations; the first two parts are the types of head and tail, as in MNRE. */
export const RELATIONS = [
  "per/per/couple",
  "per/per/siblings",
  "per/per/colleagues",
  "per/org/member_of",
  "per/org/founder_of",
  "per/work/creator_of",
  "per/loc/lives_in",
  "per/loc/travels_to",
  "org/loc/based_in",
  "loc/loc/contains",
] as const;
export type Relation = (typeof RELATIONS)[number];
export type Label = Relation | typeof NONE;
/** All labels, "None" first. */
export const LABELS: readonly Label[] = [NONE, ...RELATIONS];

export const SIGNATURE_NAMES = ["per/per", "per/org", "per/work", "per/loc", "org/loc", "loc/loc"] as const;
export type SignatureName = (typeof SIGNATURE_NAMES)[number];

/** The types of a head and a tail, the relations they can have, and the share of posts about such a pair. */
export interface Signature {
  readonly name: SignatureName;
  readonly head: EntityType;
  readonly tail: EntityType;
  readonly relations: readonly Relation[];
  /** The shares of all signatures add up to 1. */
  readonly share: number;
}

export const SIGNATURES: readonly Signature[] = [
  {
    name: "per/per",
    head: "person",
    tail: "person",
    relations: ["per/per/couple", "per/per/siblings", "per/per/colleagues"],
    share: 0.34,
  },
  {
    name: "per/org",
    head: "person",
    tail: "organization",
    relations: ["per/org/member_of", "per/org/founder_of"],
    share: 0.22,
  },
  { name: "per/work", head: "person", tail: "work", relations: ["per/work/creator_of"], share: 0.1 },
  {
    name: "per/loc",
    head: "person",
    tail: "place",
    relations: ["per/loc/lives_in", "per/loc/travels_to"],
    share: 0.18,
  },
  { name: "org/loc", head: "organization", tail: "place", relations: ["org/loc/based_in"], share: 0.08 },
  { name: "loc/loc", head: "place", tail: "place", relations: ["loc/loc/contains"], share: 0.08 },
];

/** Share of "None" under every signature; the relations of a signature share the rest equally. */
export const NONE_SHARE = 0.28;

/** The labels that a pair of these types can have, "None" first. */
export function labelsOf({ relations }: Signature): readonly Label[] {
  return [NONE, ...relations];
}

/** The signature of two types; undefined if the world has no relation for the pair. */
export function signatureOf(head: EntityType, tail: EntityType): Signature | undefined {
  return SIGNATURES.find((signature) => signature.head === head && signature.tail === tail);
}
