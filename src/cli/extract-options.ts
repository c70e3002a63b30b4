// The options of `relata extract`, as its command line gives them to what does the work.

import type { Span } from "../data/document.ts";
import type { ExtractionOptions } from "../extract/post.ts";
import type { DeviceOptions } from "./device-options.ts";

/** What decides how every post is read. */
export interface ReadingOptions extends DeviceOptions {
  readonly threshold: number;
  /** False with --unconstrained. */
  readonly unconstrained?: boolean;
  readonly typeConstraints: boolean;
  readonly maxPairs: number;
  readonly windowOverlap: number;
  readonly maxTextLength: number;
}

/** One post on the command line. */
export interface PostOptions extends ReadingOptions {
  readonly text: string;
  readonly head?: string;
  readonly headSpan?: Span;
  readonly tail?: string;
  readonly tailSpan?: Span;
  readonly picture?: string;
  readonly caption?: string;
  readonly top: number;
  readonly card?: string;
}

/** Posts of a file, folder or stream. */
export interface BatchOptions extends ReadingOptions {
  /** False with --no-pictures. */
  readonly pictures?: string | false;
  readonly captions?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly givenMentions?: boolean;
}

/** The reading options as the library takes them. */
export function extractionOptions(options: ReadingOptions): ExtractionOptions {
  const { threshold, unconstrained, typeConstraints, maxPairs, windowOverlap, maxTextLength } = options;
  return {
    threshold,
    typeConstraints,
    maxPairs,
    windowOverlap,
    maxTextLength,
    ...(unconstrained === true ? { constrained: false } : {}),
  };
}
