// Entities as tags: the BIO scheme of a model, and decoding of its scores.
export { type SubwordTags, TagScheme, type TokenRole, tokenRoles, type WordSpan } from "./tag-scheme.ts";
