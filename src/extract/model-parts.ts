// The trained models that extraction joins: an entity model, a relation model, or both.
import type { LoadedEntityModel } from "../extractors/entity/load-entity-model.ts";
import type { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { LoadedModel } from "../extractors/relation/load-model.ts";

/** At least one of the two models is present. */
export interface ModelParts {
  readonly entity: LoadedEntityModel | undefined;
  readonly relation: LoadedModel | undefined;
  /** Pairs of types that can be related, learnt from training data. */
  readonly constraints: TypeConstraints | undefined;
}
