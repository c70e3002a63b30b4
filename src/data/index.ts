// Documents and spans: data files and their defects, captions, pictures, label sets, tags and splits.

export { DEFECTS, type DefectCode } from "../base/codes/data-defects.ts";
export type { DefectKind, Severity } from "../base/codes/defects/defect-kind.ts";
export {
  type BioPolicy,
  type BioTag,
  parseBioTag,
  spansOfTags,
  type TagReading,
  type TagSpan,
} from "./bio.ts";
export {
  type CaptionReport,
  type CaptionSet,
  type CaptionState,
  joinCaptions,
  readCaptions,
} from "./captions.ts";
export type { Defect } from "./defects.ts";
export type {
  Category,
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
export { documentClusters } from "./document-clusters.ts";
export { documentDefects } from "./document-defects.ts";
export type { DocumentFormat, ReadDocumentsOptions } from "./document-format.ts";
export { fingerprintDocuments } from "./fingerprint.ts";
export { type ImportAccount, type ImportRequest, importDocuments } from "./import-documents.ts";
export { formatDocument, writeJsonl } from "./jsonl.ts";
export { readLabelSet } from "./label-file.ts";
export {
  categoriesOf,
  entityLabelsOf,
  LabelSet,
  NONE_LABEL,
  relationLabelsOf,
} from "./labels.ts";
export type { LineOptions } from "./lines.ts";
export { OFFSET_UNITS, type OffsetUnit } from "./offset-units.ts";
export type { ParquetRow } from "./parquet/parquet-file.ts";
export { parquetColumns, readParquetRows } from "./parquet/read-parquet.ts";
export { writeParquetDocuments } from "./parquet/write-parquet.ts";
export {
  joinPictures,
  PictureFolder,
  type PictureReport,
  type PictureState,
} from "./pictures.ts";
export type { ReadFileOptions } from "./readers.ts";
export {
  type DocumentSet,
  type DocumentStream,
  FORMATS,
  readDocuments,
  streamDocuments,
} from "./readers.ts";
export type { ReadReport } from "./report.ts";
export type { Policy, RowOptions, RowOutcome, RowPlace } from "./rows.ts";
export type { SplitOverlap } from "./split-comparison.ts";
export { type DividedDocuments, type SplitOptions, splitDocuments } from "./split-documents.ts";
export { compareSplits } from "./splits.ts";
export { joinTokens, type Token, tokensOf } from "./tokens.ts";
export {
  CONLL_LOSSES,
  type ConllAccount,
  type ConllLoss,
  type ConllOptions,
  writeConll,
} from "./write-conll.ts";
export { LabelCollector } from "./writing/label-collector.ts";
export {
  type LabelStudioTask,
  type LabelStudioTaskOptions,
  labelStudioTask,
} from "./writing/label-studio.ts";
export { labelStudioConfig } from "./writing/label-studio-config.ts";
export { LOSSES, type Loss, type Losses, type LossKind } from "./writing/losses.ts";
export type { DocumentTarget, TargetName, TargetOptions } from "./writing/target.ts";
export { TARGETS } from "./writing/targets.ts";
export { type WriteAccount, type WriteOptions, writeDocuments } from "./writing/write-documents.ts";
