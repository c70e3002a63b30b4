// The table of formats that documents are written in.
import { DataError } from "../../base/errors.ts";
import { quote } from "../defects.ts";
import { labelStudioTarget } from "./label-studio.ts";
import { conllTarget, findingsTargets, parquetTarget, relataTarget } from "./plain-targets.ts";
import type { DocumentTarget } from "./target.ts";

/** All targets, those that hold every document first. */
export const TARGETS: readonly DocumentTarget[] = [
  relataTarget,
  parquetTarget,
  labelStudioTarget,
  conllTarget,
  ...findingsTargets,
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
