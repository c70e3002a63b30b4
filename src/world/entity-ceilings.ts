// The best entity scores that a reader of texts, or of texts and pictures, can expect: spans are always
// obvious, but the type of a name shared by all types follows only from the wording, and sometimes from the
// picture.
import { bestDecisions, type Case, posteriorOf, score } from "./ceilings.ts";
import { type Cell, DISTRACTOR_TYPES, evidence, type Shares } from "./distribution.ts";
import type { WorldPost } from "./generate.ts";
import { type EntityType, TYPES } from "./labels.ts";
import type { NameKind } from "./names.ts";

/** Readers of entities: a picture alone has no spans. */
const ENTITY_VIEWS = ["text", "joint"] as const;
type EntityView = (typeof ENTITY_VIEWS)[number];

/** Micro F1 of entities, span and type, by what the reader sees. */
export type EntityCeilings = Readonly<Record<EntityView, number>>;

type Answer = EntityType | "no entity";
type EntityReader = ReturnType<typeof bestDecisions<Answer>>;
export type EntityReaders = Readonly<Record<EntityView, EntityReader>>;

/** Head and tail; the wording shows which of them an entity is. */
function mentionCases(view: EntityView, cell: Cell, mass: number): Case<Answer>[] {
  const seen = evidence(view, cell);
  return [
    { evidence: `head & ${seen}`, answer: cell.signature.head, mass },
    { evidence: `tail & ${seen}`, answer: cell.signature.tail, mass },
  ];
}

const distractorCase = (name: NameKind, answer: EntityType, mass: number): Case<Answer> => ({
  evidence: `distractor & ${name}`,
  answer,
  mass,
});

/** All entities of the distribution, by evidence. */
function expectedEntities(view: EntityView, cells: readonly Cell[], shares: Shares) {
  const { ambiguousName, distractors } = shares;
  const perPost = distractors[1] + 2 * distractors[2];
  return posteriorOf<Answer>([
    ...cells.flatMap((cell) => mentionCases(view, cell, cell.probability)),
    ...TYPES.flatMap((type) => {
      const mass = perPost * DISTRACTOR_TYPES[type];
      return [
        distractorCase(type, type, mass * (1 - ambiguousName)),
        distractorCase("any", type, mass * ambiguousName),
      ];
    }),
  ]);
}

/** Finds the best readers of entities and their expected micro F1. */
export function bestEntityReaders(
  cells: readonly Cell[],
  shares: Shares,
): { readonly readers: EntityReaders; readonly expected: EntityCeilings } {
  const found = byView((view) => {
    const entities = expectedEntities(view, cells, shares);
    const reader = bestDecisions<Answer>(entities, "no entity");
    return { reader, microF1: score(entities, reader, "no entity").microF1 };
  });
  return { readers: byView((view) => found[view].reader), expected: byView((view) => found[view].microF1) };
}

/** The micro F1 of the best readers on these posts. */
export function reachedEntityCeilings(
  readers: EntityReaders,
  posts: readonly Pick<WorldPost, "cell" | "distractors">[],
): EntityCeilings {
  return byView((view) => {
    const entities = posteriorOf<Answer>(
      posts.flatMap(({ cell, distractors }) => [
        ...mentionCases(view, cell, 1),
        ...distractors.map(({ name, type }) => distractorCase(name, type, 1)),
      ]),
    );
    return score(entities, readers[view], "no entity").microF1;
  });
}

function byView<T>(make: (view: EntityView) => T): Readonly<Record<EntityView, T>> {
  return { text: make("text"), joint: make("joint") };
}
