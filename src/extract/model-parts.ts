// The trained models that extraction joins: for entities, relations, categories, or several of them.
import type { LoadedCategoryModel } from "../extractors/category/load-category-model.ts";
import type { LoadedEntityModel } from "../extractors/entity/load-entity-model.ts";
import type { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { LoadedModel } from "../extractors/relation/load-model.ts";

/** At least one of the models is present. */
export interface ModelParts {
  readonly entity: LoadedEntityModel | undefined;
  readonly relation: LoadedModel | undefined;
  readonly category: LoadedCategoryModel | undefined;
  /** Pairs of types that can be related, learnt from training data. */
  readonly constraints: TypeConstraints | undefined;
}
