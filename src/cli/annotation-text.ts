// Describes an annotation for people: what it will take, and what became of the answers.
import type { AnnotationEstimate, AnnotationOutcome } from "../annotate/annotate.ts";
import type { AnnotationAccount } from "../annotate/annotation-account.ts";
import { counted } from "../base/counted.ts";
import { printable } from "../synthesis/generators/http-answer.ts";
import { describeSaid } from "./synthesis-account.ts";

/** What will be asked and what it may cost. */
export function describeAnnotationEstimate(
  { model, documents, samples, calls, done, tokens, cost, mostPerCall, spent, questions }: AnnotationEstimate,
  budget: number | undefined,
): string {
  const asked = `${counted(documents, "document")}, ${counted(samples, "sample")} each: ${counted(calls, "call")} to ${model}${done > 0 ? `, ${done} in the store` : ""}`;
  const about =
    tokens === undefined || calls === 0
      ? []
      : [
          `about ${tokens.input.toLocaleString("en")} input and ${tokens.output.toLocaleString("en")} output tokens (a rough estimate)`,
        ];
  const money =
    mostPerCall === 0
      ? ["no price is given, so no cost is known (--price-per-million-input, --price-per-million-output)"]
      : [
          `cost about ${amount(cost)}; one call at most ${amount(mostPerCall)}${spent > 0 ? `; ${amount(spent)} spent before` : ""}${budget === undefined ? "" : `; budget ${budget}`}`,
        ];
  return [asked, ...about, ...money, ...describeQuestions(questions)].join("\n");
}

function amount(cost: number): string {
  return cost === 0 || cost >= 0.01 ? cost.toFixed(2) : cost.toPrecision(2);
}

function describeQuestions(questions: AnnotationEstimate["questions"]): string[] {
  const { withPicture, missingPictures, brokenPictures, unsoughtPictures, examples, unusableExamples } =
    questions;
  const without = [
    [missingPictures, "missing"],
    [brokenPictures, "not readable"],
    [unsoughtPictures, "not looked for, because there is no --pictures"],
  ] as const;
  const parts = without.filter(([count]) => count > 0).map(([count, why]) => `${count} ${why}`);
  return [
    ...(withPicture > 0 || parts.length > 0
      ? [`pictures: ${withPicture} shown${parts.length > 0 ? `; asked without: ${parts.join(", ")}` : ""}`]
      : []),
    ...(examples + unusableExamples > 0
      ? [
          `labelled examples to choose from: ${examples}${unusableExamples > 0 ? ` (${unusableExamples} cannot be shown: too long, a label that the schema lacks, or a mention that its string does not name)` : ""}`,
        ]
      : []),
  ];
}

/** What became of the answers; one line for each stage, without counts of 0. */
export function describeAnnotation({ account, run }: AnnotationOutcome, isAgreementKnown: boolean): string {
  const { documents, samples, counts, entities, relations, entitiesLeftOut, relationsLeftOut } = account;
  const failures = run?.failures ?? [];
  return [
    `${documents.annotated} of ${counted(documents.given, "document")} annotated${list(
      [
        [documents.unanswered, "not answered yet"],
        [documents.unusable, "without a usable answer"],
      ],
      "; ",
    )}`,
    `answers: ${samples.usable} of ${samples.asked} usable${list(
      [[samples.refused, "refused"], ...kinds(samples.unreadable, "unreadable: ")],
      "; ",
    )}${list(kinds(samples.askedAgain, "asked again: "), "; ")}${list(kinds(samples.formats, "constrained by "), "; ")}`,
    ...failures.map((failure) => `${failure.count} failed: ${failure.code}: ${describeSaid(failure)}`),
    `mentions found: ${line([
      [counts.exact, "as written"],
      [counts.spelling, "in another spelling"],
      [counts.spacing, "with other spaces"],
      [counts.trimmed, "without punctuation around"],
    ])}${list(
      [
        [counts.disambiguated, "told apart from their repetitions"],
        [counts.insideWord, "inside a word"],
        [counts.wrongOccurrence, "with an occurrence that does not exist"],
        [counts.ambiguous, "ambiguous: which repetition is meant is not said"],
      ],
      "; of all ",
    )}`,
    ...kept("mentions not kept", [
      [counts.absent, "not in the text"],
      [counts.emptyMention, "empty"],
      [counts.unknownLabel, "of an unknown label"],
      [counts.duplicateEntity, "listed twice"],
    ]),
    ...kept("relations not kept", [
      [counts.unknownRelation, "of an unknown label"],
      [counts.danglingRelation, "with an end that is not listed"],
      [counts.lostMention, "with an end that was not kept"],
      [counts.ambiguousRelation, "with an end that could be several"],
      [counts.wrongTypes, "between types that the schema does not allow"],
      [counts.selfRelation, "of a mention with itself"],
      [counts.duplicateRelation, "listed twice"],
    ]),
    ...(counts.malformed > 0 ? [`${counted(counts.malformed, "item")} of another shape`] : []),
    `entities: ${line(kinds(entities))}`,
    ...(Object.keys(relations).length > 0 ? [`relations: ${line(kinds(relations))}`] : []),
    ...kept("left out", [
      [entitiesLeftOut["little-agreement"], "entities with too little agreement"],
      [entitiesLeftOut.overlap, "entities that overlap one with more"],
      [relationsLeftOut["little-agreement"], "relations with too little agreement"],
      [relationsLeftOut["without-mention"], "relations without one of their mentions"],
      [relationsLeftOut["wrong-types"], "relations between types that the majority gave otherwise"],
    ]),
    ...describeLost(account),
    ...describeTokens(account),
    ...(isAgreementKnown
      ? []
      : ["one sample per document: nothing says how sure the model is, so no probability is written"]),
  ].join("\n");
}

type Part = readonly [count: number, what: string];

function kinds(counts: Readonly<Record<string, number>>, before = ""): Part[] {
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .map(([kind, count]) => [count, `${before}${printable(kind)}`]);
}

function line(parts: readonly Part[]): string {
  const shown = parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
  return shown.length === 0 ? "none" : shown.join(", ");
}

function list(parts: readonly Part[], before: string): string {
  const shown = line(parts);
  return shown === "none" ? "" : `${before}${shown}`;
}

function kept(what: string, parts: readonly Part[]): string[] {
  const shown = line(parts);
  return shown === "none" ? [] : [`${what}: ${shown}`];
}

const LOST_SHOWN = 5;

function describeLost({ lost }: AnnotationAccount): string[] {
  return lost
    .slice(0, LOST_SHOWN)
    .map(
      ({ document, text, label, why }) =>
        `  ${printable(document)}: ${JSON.stringify(printable(text))} (${printable(label)}) is ${WHY[why]}`,
    );
}

const WHY = {
  absent: "not in the text",
  ambiguous: "in the text more than once",
  "unknown-label": "of a label that the schema lacks",
} as const;

function describeTokens({ tokens: { input, output, callsWithout } }: AnnotationAccount): string[] {
  if (input + output === 0) return [];
  const without = callsWithout > 0 ? `; ${counted(callsWithout, "answer")} without a count` : "";
  return [
    `tokens, as the server counts: ${input.toLocaleString("en")} in, ${output.toLocaleString("en")} out${without}`,
  ];
}
