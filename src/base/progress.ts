// Progress reports for work before the first step or result: reading, downloading, encoding pictures.

/** Work before the training itself: reading, tokenising, encoding pictures. */
export interface PreparationProgress {
  /** For instance "encoding pictures". */
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export type OnPreparation = ((progress: PreparationProgress) => void) | undefined;
