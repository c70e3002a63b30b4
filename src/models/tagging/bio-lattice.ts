// The well-formed tag sequences of a scheme as a lattice: the allowed tags of a token, given its role and the tags before it.
import { ChainLattice, type LatticeState } from "../../nn/chain-lattice.ts";
import { type TagScheme, tokenRoles } from "./tag-scheme.ts";

/**
 * Groups of the lattice. The states of a first subword are its tags O, B-T, I-T (by tag index). The state of any other token repeats that
 * of the word before it, 0 for outside or 1 + type, so that an I-T after "X" still knows whether it continues a T.
 */
const GROUP = { first: 0, continuation: 1, firstSpecial: 2, special: 3 } as const;

/** How the tokens of a text map to the lattice. */
export interface TokenLayout {
  /** Group of each token. */
  readonly positions: Uint8Array;
  /** Positions of the first subwords. */
  readonly firsts: readonly number[];
}

/** Roles of the tokens as groups of `bioLattice`. @throws ModelError `models/bad-word-index`. */
export function layOutTokens(wordIndex: readonly number[]): TokenLayout {
  const roles = tokenRoles(wordIndex);
  const positions = Uint8Array.from(roles, (role, token) =>
    role === "special" ? (token === 0 ? GROUP.firstSpecial : GROUP.special) : GROUP[role],
  );
  return { positions, firsts: roles.flatMap((role, token) => (role === "first" ? [token] : [])) };
}

const built = new WeakMap<TagScheme, ChainLattice>();

/** The lattice of a scheme, built at its first use. */
export function bioLattice(scheme: TagScheme): ChainLattice {
  const known = built.get(scheme);
  if (known) return known;
  const { types, special, outside } = scheme;
  const memories = [undefined, ...types.keys()]; // outside, or a type
  const every = (tag: number) => memories.map(() => tag);
  const groups: number[][] = [];
  groups[GROUP.first] = [outside, ...types.flatMap((_, type) => [scheme.begin(type), scheme.inside(type)])];
  groups[GROUP.continuation] = special
    ? every(special.continuation)
    : memories.map((type) => (type === undefined ? outside : scheme.inside(type)));
  groups[GROUP.firstSpecial] = every(scheme.specialTag(0));
  groups[GROUP.special] = every(scheme.specialTag(1));
  const lattice = new ChainLattice({
    groups,
    starts: (group, state) => (group === GROUP.first ? !isInside(state) : state === 0),
    follows: (from, to) =>
      to.group === GROUP.first
        ? !isInside(to.state) || memoryOf(from) === memoryOf(to)
        : memoryOf(from) === to.state,
  });
  built.set(scheme, lattice);
  return lattice;
}

/** The states of an entity of this type, token by token, from its first one on. */
export function entityStates(scheme: TagScheme, type: number, positions: Uint8Array): number[] {
  return Array.from(positions, (group, i) => {
    if (group !== GROUP.first) return 1 + type;
    return i === 0 ? scheme.begin(type) : scheme.inside(type);
  });
}

/** The state of a token: 0 outside, or 1 + type. */
function memoryOf({ group, state }: LatticeState): number {
  return group === GROUP.first ? Math.ceil(state / 2) : state;
}

/** Whether the tag of a first subword is an I: tags are O, B-0, I-0, B-1 ... */
function isInside(tag: number): boolean {
  return tag > 0 && tag % 2 === 0;
}
