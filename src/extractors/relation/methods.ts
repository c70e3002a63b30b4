// The table of methods, by the format of a model's config.json: a new method needs one entry here and its schema in model-config.ts.
import type { Extensions } from "../../extensions/extension.ts";
import { studentMethod } from "../student/student-method.ts";
import { i2srmMethod } from "./i2srm-method.ts";
import type { RelationModelConfig } from "./model-config.ts";
import { registeredMethod } from "./registered-method.ts";
import type { RelationMethod } from "./relation-method.ts";

type Format = RelationModelConfig["format"];
type ConfigOf<Name extends Format> = Extract<RelationModelConfig, { readonly format: Name }>;
type MethodOf<Config> = (config: Config, extensions: Extensions) => RelationMethod;

const METHODS: { readonly [Name in Format]: MethodOf<ConfigOf<Name>> } = {
  "relata-relation-model": i2srmMethod,
  "relata-student-model": studentMethod,
  "relata-registered-relation-model": registeredMethod,
};

/** Returns the method of a saved model. @throws ExtensionError `extension/missing` */
export function methodOf(config: RelationModelConfig, extensions: Extensions): RelationMethod {
  const method = METHODS[config.format] as MethodOf<RelationModelConfig>; // the entry for its own format
  return method(config, extensions);
}
