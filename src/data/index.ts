// Everything public of the data layer.

export { DEFECTS, type DefectCode, type DefectKind, type Severity } from "../base/codes/data-defects.ts";
export { lockFolder, type OutputLock } from "../base/output-lock.ts";
export {
  type BioPolicy,
  type BioTag,
  parseBioTag,
  spansOfTags,
  type TagReading,
  type TagSpan,
} from "./bio.ts";
export { type CaptionListSet, readCaptionLists } from "./caption-lists.ts";
export {
  type CaptionReport,
  type CaptionSet,
  type CaptionState,
  joinCaptions,
  readCaptions,
  requireCaptions,
} from "./captions.ts";
export { IMAGE_EXTENSION, readConll } from "./conll.ts";
export type { Defect } from "./defects.ts";
export type {
  Document,
  DocumentId,
  Entity,
  EntityIndex,
  ImageName,
  JsonObject,
  JsonValue,
  Relation,
  Span,
  TextOffset,
} from "./document.ts";
export { documentDefects } from "./document-defects.ts";
export type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
export { FeatureCache, type FeatureCacheOptions, type FeatureCacheReport } from "./feature-cache.ts";
export type { Feature, Features } from "./feature-record.ts";
export {
  type DocumentStatistics,
  documentStatistics,
  fingerprintDocuments,
  fingerprintFile,
  type ValueRange,
} from "./fingerprint.ts";
export { formatDocument, readJsonl, writeJsonl } from "./jsonl.ts";
export { readLabelSet } from "./label-file.ts";
export {
  compareLabelSets,
  entityLabelsOf,
  type LabelDifference,
  LabelSet,
  labelSetFromRel2id,
  NONE_LABEL,
  relationLabelsOf,
  requireSameLabels,
} from "./labels.ts";
export { readMnre } from "./mnre.ts";
export { likeNone, namesOfNone } from "./none-label.ts";
export { OFFSET_UNITS, type OffsetUnit } from "./offset-units.ts";
export { parquetColumns, readParquet, readParquetRows } from "./parquet/read-parquet.ts";
export { writeParquetDocuments } from "./parquet/write-parquet.ts";
export { documentSchema, parseDocument } from "./parse-document.ts";
export {
  hashPicture,
  joinPictures,
  PictureFolder,
  type PictureHash,
  type PictureReport,
  type PictureState,
} from "./pictures.ts";
export {
  type PythonDict,
  type PythonFloat,
  PythonLiteralError,
  type PythonLiteralLimits,
  type PythonTuple,
  type PythonValue,
  parsePythonLiteral,
} from "./python-literal.ts";
export {
  type DocumentSet,
  type DocumentStream,
  FORMATS,
  formatNamed,
  readDocuments,
  streamDocuments,
} from "./readers.ts";
export { MAX_LISTED, type ReadReport } from "./report.ts";
export type { Policy, RowOptions, RowOutcome } from "./rows.ts";
export { comparableText, compareSplits, type SplitOverlap } from "./splits.ts";
export { joinTokens, type Token, tokensOf } from "./tokens.ts";
export { readWebnlg } from "./webnlg.ts";
export {
  CONLL_LOSSES,
  type ConllAccount,
  type ConllLoss,
  type ConllOptions,
  writeConll,
} from "./write-conll.ts";
