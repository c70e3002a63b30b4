// The data of an HTML report, as plain JSON values: built from run folders or from many runs' results, drawn by `writeReport`.

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** One page: a headline, and sections in reading order. */
export interface ReportData {
  readonly title: string;
  /** One sentence: what was done, on which data, and if relevant how often. */
  readonly subtitle?: string;
  /** What a reader must know before trusting a number, such as "Captions stand for the pictures." */
  readonly notes?: readonly Note[];
  /** A row of headline numbers, including known ceilings; four to six read well. */
  readonly facts?: readonly Fact[];
  readonly sections: readonly Section[];
  /** The full configuration; folded on the page. */
  readonly config?: Json;
  /** SHA-256 of data, models and stores, by name. */
  readonly fingerprints?: Readonly<Record<string, string>>;
  /** Versions and machine, by name. */
  readonly environment?: Readonly<Record<string, string | number>>;
}

/** "caution" is highlighted: the numbers mean less than they seem to. */
export interface Note {
  readonly tone: "info" | "caution";
  readonly text: string;
}

export interface Fact {
  readonly label: string;
  /** Numbers are shown with `digits` (default 3) decimals. */
  readonly value: number | string;
  readonly digits?: number | undefined;
  /** Sample standard deviation over runs. */
  readonly spread?: number | undefined;
  /** Smaller text below, such as "ceiling by construction" or "5 seeds". */
  readonly detail?: string | undefined;
}

export interface Section {
  readonly title: string;
  /** Name in the table of contents if the title is too long for it. */
  readonly shortTitle?: string | undefined;
  readonly intro?: string | undefined;
  readonly blocks: readonly Block[];
}

export type Block =
  | TextBlock
  | TableBlock
  | LineChart
  | DotChart
  | Histogram
  | ConfusionMatrix
  | CalibrationPlot
  | PrecisionRecallPlot
  | ExampleList
  | ContactSheet
  | FoldedJson;

/** A paragraph. */
export interface TextBlock {
  readonly kind: "text";
  readonly text: string;
}

/** A number over several runs. */
export interface Measure {
  readonly mean: number;
  /** Sample standard deviation; absent for a single run. */
  readonly spread?: number;
  /** The single runs' values, shown on demand. */
  readonly values?: readonly number[];
  /** Significance mark after the number, such as "*"; the table's `legend` explains it. */
  readonly mark?: string;
  /** The best of its column. */
  readonly best?: boolean;
}

/** Empty (a dash), text, a number, or a number over runs. */
export type Cell = null | string | number | Measure;

export interface TableColumn {
  readonly header: string;
  /** Decimals of numbers; default 3. 0 for counts. */
  readonly digits?: number | undefined;
  /** Printed after every number, such as " %". */
  readonly unit?: string | undefined;
}

/** Rows of cells, one per column; the first column names the row. Decimals are aligned. */
export interface TableBlock {
  readonly kind: "table";
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** What marks and shares mean, and how they were tested. */
  readonly legend?: string;
  /** Folds the table below its title. */
  readonly folded?: boolean;
  /** Shades the numbers from the smallest of the table to the largest. */
  readonly shaded?: boolean;
}

/** A reference value, drawn as a dashed line: a ceiling, a majority baseline. */
export interface Reference {
  readonly name: string;
  readonly value: number;
}

export interface Axis {
  readonly label: string;
  /** "log" for learning rates and the like; drawn linear if any value is not above 0. */
  readonly scale?: "linear" | "log";
  /** Smallest and largest value; by default from the data. */
  readonly range?: readonly [number, number];
  /** True if only whole numbers make sense, such as epochs. */
  readonly integer?: boolean;
  /** Decimals in the table of numbers; default 3. */
  readonly digits?: number;
}

/** [x, y]. */
export type Point = readonly [number, number];

/** One line of one run. */
export interface CurveRun {
  /** For example "seed 1". */
  readonly name: string;
  /** In the order of x. */
  readonly points: readonly Point[];
}

/** The same quantity in one or more runs: a light line each, and their mean in bold where all runs have a value. */
export interface Curve {
  readonly name: string;
  readonly runs: readonly CurveRun[];
}

/** Loss, scores by epoch, sweeps, drift and diversity by round. */
export interface LineChart {
  readonly kind: "lines";
  readonly title: string;
  /** What the chart shows, for readers and screen readers. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
  readonly references?: readonly Reference[];
}

/** One row of a dot chart. */
export interface Dot extends Measure {
  readonly name: string;
  /** Interval drawn as the error bar, such as a bootstrap's; default: mean - spread to mean + spread. */
  readonly interval?: readonly [number, number];
  /** Drawn in the second colour with a hollow mark: the full model among its ablations, for example. */
  readonly emphasis?: boolean;
}

/** Ablations and comparisons: a dot per row with its error bar and the runs' values as small dots. */
export interface DotChart {
  readonly kind: "dots";
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly dots: readonly Dot[];
  readonly references?: readonly Reference[];
  /** The meaning of the error bars, such as "one standard deviation over 5 seeds". */
  readonly errorBars?: string;
}

/** Counts over shared bins, such as teacher scores of kept and dropped views. */
export interface Histogram {
  readonly kind: "histogram";
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  /** Bounds of the bins, ascending: one more than there are counts. */
  readonly edges: readonly number[];
  readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[];
  /** Number of NaN values, which are in no bin. */
  readonly omitted?: number;
  readonly references?: readonly Reference[];
}

/** Gold labels as rows, predictions as columns. */
export interface ConfusionMatrix {
  readonly kind: "confusion";
  readonly title: string;
  readonly labels: readonly string[];
  /** `counts[gold][predicted]`. */
  readonly counts: readonly (readonly number[])[];
  /** The label that means "none" ("no entity"): it has no precision and no recall. */
  readonly absent?: string;
}

/** Predictions whose confidence is in (low, high]. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly instances: number;
  /** Mean confidence and share of correct predictions; 0 for an empty bin. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** Is a confidence of 0.8 right in 80 of 100 cases? Before and after calibration. */
export interface CalibrationPlot {
  readonly kind: "calibration";
  readonly title: string;
  readonly description: string;
  readonly series: readonly {
    /** For example "before" and "after". */
    readonly name: string;
    readonly bins: readonly ReliabilityBin[];
    /** Expected calibration error. */
    readonly error?: number;
  }[];
}

/** Precision and recall of what is reported from a threshold on; all numbers are between 0 and 1. */
export interface ThresholdPoint {
  readonly threshold: number;
  readonly precision: number;
  readonly recall: number;
}

/** Precision against recall as the threshold falls. */
export interface PrecisionRecallPlot {
  readonly kind: "precision-recall";
  readonly title: string;
  readonly description: string;
  readonly series: readonly {
    readonly name: string;
    /** From the highest threshold to the lowest. */
    readonly points: readonly ThresholdPoint[];
    /** One of the points: the threshold in use. */
    readonly chosen?: ThresholdPoint | undefined;
  }[];
  /** Precisions, such as the one aimed at. */
  readonly references?: readonly Reference[];
}

/** A picture as a file or as a content of a store, which is read and scaled down when the report is written, or as bytes. */
export type PictureSource =
  | { readonly from: "file"; readonly path: string; readonly alt: string }
  | { readonly from: "store"; readonly store: string; readonly content: string; readonly alt: string }
  | { readonly from: "base64"; readonly base64: string; readonly alt: string };

/** Half-open range of UTF-16 code units of the text. */
export interface Highlight {
  readonly start: number;
  readonly end: number;
  /** Shown at the span: an entity type, "head" or "tail". Spans with the same label have the same colour. */
  readonly label: string;
  /** A predicted span is outlined, a gold one filled; default "gold". */
  readonly role?: "gold" | "predicted" | "both" | undefined;
  /** Shown after the label, such as a probability. */
  readonly detail?: string | undefined;
}

export interface Verdict {
  readonly name: string;
  readonly label: string;
  readonly probability?: number | undefined;
}

export interface Example {
  readonly id: string;
  readonly text: string;
  readonly highlights?: readonly Highlight[];
  readonly picture?: PictureSource;
  /** Why an expected picture is missing. */
  readonly pictureMissing?: string;
  readonly outcome?: "right" | "wrong";
  readonly gold?: string;
  /** Answers of one or more systems; the first is the one judged. */
  readonly predicted?: readonly Verdict[];
  readonly remark?: string;
}

/** Documents with a model's predictions. */
export interface ExampleList {
  readonly kind: "examples";
  readonly title: string;
  readonly description?: string;
  readonly examples: readonly Example[];
}

/** One generated view of a contact sheet. */
export interface SheetView {
  readonly chain: number;
  readonly round: number;
  readonly content: SheetContent;
  /** The teacher's cross-entropy in nats; a low value means much information about the label. */
  readonly crossEntropy?: number | undefined;
  readonly outcome: "kept" | "dropped" | "rejected" | "candidate";
  /** The reason, such as "among the lowest 2 of 4" or "mention-lost". */
  readonly reason?: string | undefined;
}

export type SheetContent =
  | { readonly kind: "text"; readonly text: string; readonly highlights?: readonly Highlight[] }
  | { readonly kind: "picture"; readonly picture: PictureSource };

/** An instance's real view and everything that was generated from it. */
export interface SheetInstance {
  readonly id: string;
  readonly label?: string;
  readonly real?: SheetContent;
  readonly views: readonly SheetView[];
}

/** Generated views, one row of cards per chain, so that one sees what was kept. */
export interface ContactSheet {
  readonly kind: "contact-sheet";
  readonly title: string;
  readonly description?: string | undefined;
  readonly instances: readonly SheetInstance[];
  /** How many instances there are besides those shown. */
  readonly omitted?: number | undefined;
}

/** A value of the record, folded. */
export interface FoldedJson {
  readonly kind: "json";
  readonly title: string;
  readonly value: Json;
}
