// The trained models that extraction joins: for entities, relations, categories, or several of them.
import type { LoadedCategoryModel } from "../extractors/category/load-category-model.ts";
import type { LoadedEntityModel } from "../extractors/entity/load-entity-model.ts";
import type { TypeConstraints } from "../extractors/pairs/type-constraints.ts";
import type { CategoryPart, EntityPart, RelationPart } from "../extractors/parts.ts";
import type { LoadedModel } from "../extractors/relation/load-model.ts";

/** What reading posts needs; at least one of the models is present. */
export interface ModelParts {
  readonly entity: EntityPart | undefined;
  readonly relation: RelationPart | undefined;
  readonly category: CategoryPart | undefined;
  /** Pairs of types that can be related, learnt from training data. */
  readonly constraints: TypeConstraints | undefined;
}

/** The same models as Node loads them: explaining an answer needs more of them than reading a post. */
export interface LoadedParts extends ModelParts {
  readonly entity: LoadedEntityModel | undefined;
  readonly relation: LoadedModel | undefined;
  readonly category: LoadedCategoryModel | undefined;
}
