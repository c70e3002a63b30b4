// Entities as tags: the BIO scheme of a model, and decoding of its scores into entities.
export {
  type DecodeOptions,
  decodeEntities,
  decodeSpans,
  spanProbabilities,
  type WordEntity,
} from "./decode-entities.ts";
export { type SubwordTags, TagScheme, type TokenRole, tokenRoles, type WordSpan } from "./tag-scheme.ts";
