// Internal errors of the Parquet checks; parquet-file.ts adds a place and a code.

/** An inconsistent Parquet file. */
export class Malformed extends Error {}

/** A valid Parquet file that uses an unsupported feature. */
export class Unsupported extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
