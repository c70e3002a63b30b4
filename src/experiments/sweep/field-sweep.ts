// Plans a sweep: variants for the values of some fields, each field alone or all combinations, on one or several data sets.

import { faultOf, settingOf, valueAt } from "../../config/fields.ts";
import type { Config } from "../../config/schema.ts";
import { datasetOverrides, hasViews, setsOf } from "../datasets.ts";
import { joinOverrides, layOver } from "../overrides.ts";
import {
  allSets,
  type EvaluationSet,
  type Overrides,
  type Plan,
  type PresetOptions,
  presetError,
  type SweptField,
  type Variant,
} from "../plan.ts";
import { requireComparable } from "./comparable-fields.ts";
import { withSharedTeachers } from "./shared-teachers.ts";
import { BETWEEN, shortNames, shownValue, valueNames } from "./variant-names.ts";

export interface FieldSweep {
  readonly title: string;
  /** What is asked, before the description of the rows. */
  readonly question?: string | undefined;
  readonly base: Config;
  readonly options: PresetOptions;
  readonly fields: readonly SweptField[];
  /** Whether to train every combination instead of each field alone. */
  readonly cross: boolean;
  /** What all rows change, so that the fields have an effect. */
  readonly always?: Overrides | undefined;
}

/** What rows are trained on: the base configuration's documents, or those of a data set. */
interface Subject {
  readonly dataset: string | undefined;
  readonly overrides: Overrides;
  /** The configuration, of which each row changes the swept fields. */
  readonly config: unknown;
  readonly sets: readonly EvaluationSet[];
}

/** One value of one field. */
interface Choice {
  readonly field: string;
  readonly value: unknown;
  readonly name: string;
  readonly isOwn: boolean;
}

/**
 * Returns the plan. The value that the configuration has is always among the rows, as their reference.
 *
 * @throws ConfigError `experiment/no-field`, `experiment/unknown-field`, `experiment/field-not-compared`, `experiment/bad-value`,
 * `experiment/same-value`, `experiment/nothing-to-cross`, `experiment/unknown-dataset`, `experiment/other-task`, `experiment/needs-store`
 */
export function planFieldSweep(sweep: FieldSweep): Plan {
  const { base, options, fields, cross, title, question } = sweep;
  requireFields(sweep);
  const subjects = subjectsOf(sweep);
  const planned = subjects.map((subject) => rowsOf(subject, sweep));
  const names = fields.map(({ field }) => field);
  const references = subjects.flatMap(({ sets }, i) =>
    sets.map(({ name }): [string, string] => [name, planned[i]?.reference ?? ""]),
  );
  const rows = cross
    ? `Every combination of ${names.join(" and ")}`
    : names.length === 1
      ? `Values of ${names[0]}`
      : `Values of ${names.join(" and of ")}, each alone`;
  const [axis] = names;
  return {
    title,
    description: `${question === undefined ? "" : `${question} `}${rows}; the reference is what the configuration says${ownWords(base, sweep)}.${
      options.datasets.length === 0 ? "" : " Each data set has a reference of its own."
    }`,
    ...(names.length === 1 && axis !== undefined ? { axis } : {}),
    reference: planned[0]?.reference ?? "",
    ...(options.datasets.length === 0 ? {} : { references: Object.fromEntries(references) }),
    sets: options.datasets.length === 0 ? [] : subjects.flatMap(({ sets }) => sets),
    ...withSharedTeachers(
      base,
      planned.flatMap(({ variants }) => variants),
    ),
  };
}

/** The reference's values, where all data sets have the same. */
function ownWords(base: Config, { fields, options }: FieldSweep): string {
  if (options.datasets.length > 0) return "";
  return ` (${fields.map(({ field }) => `${field} ${shownValue(valueAt(base, field))}`).join(", ")})`;
}

function requireFields({ base, fields, cross }: FieldSweep): void {
  if (fields.length === 0) {
    throw presetError(
      "experiment/no-field",
      "no field is named whose values could be compared",
      "Name one with --field, and its values with --values: --field model.mixup.delta --values 0.3 0.9",
    );
  }
  if (cross && fields.length === 1) {
    throw presetError(
      "experiment/nothing-to-cross",
      `only ${fields[0]?.field} is swept, so there is nothing to cross it with`,
      "Name a second field with --field and its values, or leave out --cross.",
    );
  }
  for (const [i, { field, values }] of fields.entries()) {
    requireComparable(field, base);
    if (fields.findIndex((other) => other.field === field) < i) throw sameTwice(`the field ${field}`, field);
    if (values.length === 0) {
      throw presetError(
        "experiment/bad-value",
        `${field}: no values are named`,
        `Name them after the field: --field ${field} --values <value...>`,
      );
    }
    for (const [at, value] of values.entries()) {
      const fault = faultOf(field, value);
      if (fault !== undefined) {
        throw presetError(
          "experiment/bad-value",
          fault,
          "Name other values with --values; docs/configuration.md lists the legal ones of every field.",
          value,
        );
      }
      if (values.findIndex((other) => isSame(other, value)) < at)
        throw sameTwice(`the value ${shownValue(value)} of ${field}`, value);
    }
  }
}

function sameTwice(what: string, value: unknown) {
  return presetError("experiment/same-value", `${what} is named twice`, "Name each once.", value);
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

function subjectsOf({ base, options }: FieldSweep): Subject[] {
  if (options.datasets.length === 0)
    return [{ dataset: undefined, overrides: {}, config: base, sets: allSets(options) }];
  return options.datasets.map((dataset) => {
    const overrides = datasetOverrides(base, dataset, options);
    if (!hasViews(base, overrides)) {
      throw presetError(
        "experiment/needs-store",
        `the data set "${dataset.name}" has no store of generated views`,
        `Set synthesis.store in its configuration, or give --store ${dataset.name}=<folder>.`,
      );
    }
    const config = layOver(base, overrides, ({ $stage }) => $stage);
    return { dataset: dataset.name, overrides, config, sets: setsOf(dataset.name, options) };
  });
}

/** The rows of one data set, and the name of their reference. */
function rowsOf(
  subject: Subject,
  sweep: FieldSweep,
): { readonly variants: Variant[]; readonly reference: string } {
  const { fields, cross } = sweep;
  const short = shortNames(fields.map(({ field }) => field));
  const choices = fields.map((field) =>
    choicesOf(field, short.get(field.field) ?? field.field, subject.config),
  );
  const family = fields.map(({ field }) => field).join(" x ");
  const groups = cross
    ? [combinations(choices).map((cell) => variantOf(cell, family, subject, sweep))]
    : choices.map((own) => own.map((choice) => variantOf([choice], choice.field, subject, sweep)));
  const made = groups.map(
    (rows) => rows.filter(({ isOwn }) => isOwn).map(({ variant }) => variant.name)[0] ?? "",
  );
  const variants = groups.flatMap((rows, i) =>
    // A family's rows are compared with its own reference, which is the same model in all families of a data set.
    rows.map(({ variant }) => (i === 0 ? variant : { ...variant, reference: made[i] })),
  );
  return { variants, reference: made[0] ?? "" };
}

/** The values of a field and the configuration's own: in ascending order if all are numbers, otherwise the own one first. */
function choicesOf({ field, values }: SweptField, short: string, config: unknown): Choice[] {
  const own = valueAt(config as Config, field) ?? null;
  const all = values.some((value) => isSame(value, own)) ? [...values] : [own, ...values];
  const sorted = all.every((value) => typeof value === "number") ? all.sort((a, b) => a - b) : all;
  const names = valueNames(short, sorted);
  return sorted.map((value, i) => ({ field, value, name: names[i] ?? "", isOwn: isSame(value, own) }));
}

/** Every combination of one choice of each list; the last list changes fastest. */
function combinations(lists: readonly (readonly Choice[])[]): Choice[][] {
  return lists.reduce<Choice[][]>(
    (made, list) => made.flatMap((cell) => list.map((choice) => [...cell, choice])),
    [[]],
  );
}

function variantOf(
  cell: readonly Choice[],
  family: string,
  { dataset, overrides, sets }: Subject,
  { fields, cross, always = {} }: FieldSweep,
): { readonly variant: Variant; readonly isOwn: boolean } {
  const own = cell.map(({ field, value }): Overrides => settingOf(field, value));
  const [only] = cell;
  const group = !cross && fields.length > 1 ? family : dataset;
  const shown = cell.map(({ field, value }) => `${field} ${shownValue(value)}`).join(", ");
  return {
    isOwn: cell.every(({ isOwn }) => isOwn),
    variant: {
      name: [...(dataset === undefined ? [] : [dataset]), ...cell.map(({ name }) => name)].join(BETWEEN),
      ...(group === undefined ? {} : { group }),
      description: dataset === undefined ? shown : `${shown}, trained on ${dataset}`,
      overrides: [always, ...own].reduce(joinOverrides, overrides),
      evaluations: sets.map(({ name }) => ({ set: name })),
      settings: Object.fromEntries(cell.map(({ field, value }) => [field, value])),
      family,
      ...(dataset === undefined ? {} : { dataset }),
      ...(cell.length === 1 && typeof only?.value === "number" ? { value: only.value } : {}),
    },
  };
}
