// The table of formats that documents are written in.
import { DataError } from "../../base/errors.ts";
import { quote } from "../defects.ts";
import { doccanoTarget, prodigyTarget } from "./annotation-rows.ts";
import { bratTarget } from "./brat.ts";
import { conlluTarget } from "./conllu.ts";
import { dygieTarget, spertTarget, taggedTarget } from "./corpora.ts";
import { graphmlTarget, jsonLdTarget } from "./graphs.ts";
import { huggingFaceTarget } from "./hugging-face.ts";
import { labelStudioTarget } from "./label-studio.ts";
import { mnreTarget, tacredTarget } from "./pairs.ts";
import { conllTarget, findingsTargets, parquetTarget, relataTarget } from "./plain-targets.ts";
import { spacyTarget } from "./spacy.ts";
import { tableTarget } from "./table.ts";
import type { DocumentTarget } from "./target.ts";
import { webnlgTarget } from "./webnlg.ts";

/** All targets, those that hold posts first. */
export const TARGETS: readonly DocumentTarget[] = [
  relataTarget,
  parquetTarget,
  huggingFaceTarget,
  labelStudioTarget,
  doccanoTarget,
  prodigyTarget,
  bratTarget,
  spacyTarget,
  spertTarget,
  dygieTarget,
  tacredTarget,
  mnreTarget,
  taggedTarget,
  conllTarget,
  conlluTarget,
  webnlgTarget,
  tableTarget,
  ...findingsTargets,
  graphmlTarget,
  jsonLdTarget,
];

/** The target of a name. @throws DataError `data/unknown-format` */
export function targetNamed(name: string): DocumentTarget {
  const target = TARGETS.find((known) => known.name === name);
  if (target !== undefined) return target;
  throw new DataError({
    code: "data/unknown-format",
    message: `unknown format to write: ${quote(name)}`,
    value: name,
    remedy: `Name one of: ${TARGETS.map((known) => known.name).join(", ")}.`,
  });
}
