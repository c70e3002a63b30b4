// Names of entities and the forms in which posts write them: in full, short, as a handle, as a hashtag. The
// names are ordinary; who or what bears them here is made up.
import type { RandomStream } from "../training/random.ts";
import type { EntityType } from "./labels.ts";

/** What a name reveals about its entity: its type, or nothing ("any": the name is shared by all types). */
export type NameKind = EntityType | "any";

export interface Name {
  readonly kind: NameKind;
  /** Words of the full name; the first one is its short form, unless the type has none. */
  readonly words: readonly string[];
}

export const NAME_FORMS = ["full", "short", "handle", "hashtag"] as const;
export type NameForm = (typeof NAME_FORMS)[number];

const listed = (names: string) => names.trim().split(/\s+/);
const PERSONS = listed(`
  Anna Ben Clara David Emma Felix Hannah Henry Isabel Jack Karim Laura
  Leo Maria Nadia Noah Olivia Oscar Paul Priya Rosa Samuel Sofia Tariq
  Thomas Ursula Victor Yusuf Zoe Amina Bruno Carmen Daniel Elena Fatima George
  Helen Igor Julia Kenji Linda Marco Nina Omar Patrick Rachel Simon Teresa
  Adam Beth Chloe Diego Eva Frank Gloria Ivan Joan Kofi Lucy Mehmet`);
const SURNAMES = listed("Novak Okafor Walker Garcia Lindberg Tanaka");
const ORGANIZATIONS = listed(`
  Harbor Summit Cedar Falcon Beacon Copper Maple Orbit Anchor Crescent Lantern Granite
  Comet Juniper Pioneer Northwind Bluebird Redwood Evergreen Keystone Clearwater Silverline Ironbridge Brightside`);
const ORGANIZATION_ENDS = listed("Labs United Group Records");
const PLACES = listed(`
  Ashford Brookfield Carlton Dunmore Eastbury Fairhaven Glenwood Hartley Kingsbridge Lakewood Marlow Newbridge
  Oakham Penrose Riverton Stanford Thornbury Upton Wakefield Westbrook Milford Bexley Langley Holbrook`);
const PLACE_ENDS = listed("Bay Valley Hills Island");
const WORK_STARTS = listed("Silent Golden Broken Paper Electric");
const WORK_ENDS = listed("River Garden Mirror Letters Summer");
/** Each of these is a person, a town, a team and the title of a song. */
const ANY = listed(`
  Jordan Sydney Chelsea Austin Florence Madison Lincoln Savannah Brooklyn Charlotte
  Georgia Dakota Phoenix Houston Carolina Siena Verona Jackson Paris Orlando`);

const pairs = (starts: readonly string[], ends: readonly string[]) =>
  starts.flatMap((start, at) => [0, 1].map((turn) => [start, ends[(at + turn) % ends.length] as string]));
const named = (kind: NameKind, words: readonly (readonly string[])[]): readonly Name[] =>
  words.map((one) => ({ kind, words: one }));

const NAMES: Readonly<Record<NameKind, readonly Name[]>> = {
  person: named("person", pairs(PERSONS, SURNAMES)),
  organization: named("organization", pairs(ORGANIZATIONS, ORGANIZATION_ENDS)),
  place: named("place", pairs(PLACES, PLACE_ENDS)),
  work: named(
    "work",
    WORK_STARTS.flatMap((start) => WORK_ENDS.map((end) => [start, end])),
  ),
  any: named(
    "any",
    ANY.map((word) => [word]),
  ),
};

/** Share of each form, in the order of NAME_FORMS; works have no short form, places and works no handle. */
const FORM_SHARES: Readonly<Record<NameKind, readonly [number, number, number, number]>> = {
  person: [0.35, 0.35, 0.18, 0.12],
  organization: [0.35, 0.35, 0.18, 0.12],
  place: [0.4, 0.45, 0, 0.15],
  work: [0.8, 0, 0, 0.2],
  any: [0, 0.7, 0.18, 0.12],
};

/** Draws a name of this kind. */
export function drawName(kind: NameKind, draws: RandomStream): Name {
  const names = NAMES[kind];
  return names[draws.integer(names.length)] as Name; // no list is empty
}

/** Draws one of the forms of this name. */
export function drawForm({ kind }: Name, draws: RandomStream): NameForm {
  let left = draws.uniform();
  const shares = FORM_SHARES[kind];
  const found = NAME_FORMS.find((_, at) => {
    left -= shares[at] as number; // one share per form
    return left < 0;
  });
  return found ?? "hashtag"; // reached only by rounding; every name has a hashtag
}

/** The name as a post writes it. */
export function writeName({ words }: Name, form: NameForm): string {
  switch (form) {
    case "full":
      return words.join(" ");
    case "short":
      return words[0] as string; // a name has a word
    case "handle":
      return `@${words.join("").toLowerCase()}`;
    case "hashtag":
      return `#${words.join("")}`;
    default:
      return form satisfies never;
  }
}

/** What each name in each of its forms reveals, as posts write it. */
export const KINDS_OF_WRITTEN_NAMES: ReadonlyMap<string, NameKind> = new Map(
  Object.values(NAMES)
    .flat()
    .flatMap((name) =>
      NAME_FORMS.filter((_, at) => (FORM_SHARES[name.kind][at] as number) > 0).map(
        (form) => [writeName(name, form), name.kind] as const,
      ),
    ),
);

/** Every word that names are made of, in lower case, for a vocabulary. */
export const NAME_WORDS: readonly string[] = [
  ...new Set(Object.values(NAMES).flatMap((names) => names.flatMap(({ words }) => words))),
].map((word) => word.toLowerCase());
