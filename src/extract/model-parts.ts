// The trained models that extraction joins: for entities, relations, categories, or several of them.
import type { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { CategoryPart, EntityPart, RelationPart } from "../extractors/parts.ts";

/** At least one of the models is present. */
export interface ModelParts {
  readonly entity: EntityPart | undefined;
  readonly relation: RelationPart | undefined;
  readonly category: CategoryPart | undefined;
  /** Pairs of types that can be related, learnt from training data. */
  readonly constraints: TypeConstraints | undefined;
}
