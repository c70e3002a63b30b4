// Answers of a server without models: capitalised words are entities, neighbours are related. For tests of the page alone.
import type { Answer, Model, ResultEntity, ResultRelation } from "../../../web/api/types.ts";

export const TYPES = ["PER", "LOC", "ORG", "MISC"];
export const RELATIONS = [
  "None",
  "/per/per/peer",
  "/per/loc/place_of_residence",
  "/per/org/member_of",
  "/org/loc/contain",
];

export const MODELS: readonly Model[] = ["posts", "news"].map((name, i) => ({
  name,
  version: `${i}a1b2c3d4e5f60718293a4b5c6d7e8f`,
  loadedAt: "2026-11-30T14:00:00.000Z",
  default: i === 0,
  kind: "bundle",
  entityTypes: TYPES,
  relationLabels: RELATIONS,
  categories: ["sport", "politics"],
  visualChannels: ["crops"],
  sees: { pictures: true, captions: true },
  needsMentions: false,
  scores: null,
  remarks: [],
  notices: [],
}));

const share = (seed: number) =>
  Math.round((0.5 + (Math.abs(Math.sin(seed * 12.9898)) % 1) * 0.5) * 1000) / 1000;

/** Finds the capitalised words of a text, at most this many; every pair of neighbours is related. */
export function found(text: string, most = 200): { entities: ResultEntity[]; relations: ResultRelation[] } {
  const entities: ResultEntity[] = [
    ...text.matchAll(/\p{Lu}[\p{L}\p{M}]+(?: \p{Lu}[\p{L}\p{M}]+)*|[\u0590-\u06ff]{4,}/gu),
  ]
    .slice(0, most)
    .map(({ index, 0: words }, i) => ({
      start: index,
      end: index + words.length,
      text: words,
      label: TYPES[(words.length + i) % TYPES.length] as string,
      probability: share(index + words.length),
    }));
  const relations = entities.slice(1).flatMap((tail, i): ResultRelation[] =>
    i % 2 === 1 && i > 2
      ? []
      : [
          {
            head: i,
            tail: i + 1,
            headText: entities[i]?.text ?? "",
            tailText: tail.text,
            label: RELATIONS[1 + (i % (RELATIONS.length - 1))] as string,
            probability: share(i + 7),
          },
        ],
  );
  const first = entities[0];
  const last = entities.at(-1);
  if (first !== undefined && last !== undefined && entities.length > 3) {
    relations.push({
      head: 0,
      tail: entities.length - 1,
      headText: first.text,
      tailText: last.text,
      label: RELATIONS[3] as string,
      probability: 0.611,
    });
  }
  return { entities, relations: relations.slice(0, 64) };
}

/** Answers one post as the server would. */
export function answerTo(post: {
  readonly text: string;
  readonly id?: string;
  readonly image?: unknown;
  readonly explain?: boolean;
}): Answer {
  const { entities, relations } = found(post.text);
  const nested = /University of (\p{Lu}\p{L}+)/u.exec(post.text);
  if (nested !== null) {
    const [all, inner = ""] = nested;
    const start = nested.index;
    entities.push(
      { start, end: start + all.length, text: all, label: "ORG", probability: 0.93 },
      {
        start: start + all.length - inner.length - 3,
        end: start + all.length + 4,
        text: "",
        label: "MISC",
        probability: 0.52,
      },
    );
  }
  const hasPicture = post.image !== undefined;
  const [model] = MODELS;
  return {
    ...(post.id === undefined ? {} : { id: post.id }),
    model: { name: model?.name ?? "", version: model?.version ?? "" },
    entities,
    relations,
    category: { label: "sport", probability: 0.834 },
    offsets: "utf-16",
    visual: hasPicture ? "picture" : "none",
    calibrated: true,
    notes:
      post.text.length > 5000
        ? [{ code: "extract/pairs-left-out", message: "64 of 2,450 pairs were asked" }]
        : [],
    timing: { queuedMs: 1.2, readMs: 18.4 },
    ...(post.explain === true && hasPicture
      ? {
          explanation: {
            withoutPicture: {
              entities: entities
                .slice(0, -1)
                .map((one) => ({ ...one, probability: one.probability ?? 0 / 2 })),
              relations: relations.filter(({ head, tail }) => Math.max(head, tail) < entities.length - 1),
            },
            changed: {
              entities: entities.slice(-1).map(({ text, label, probability, start, end }) => ({
                change: "added" as const,
                text,
                start,
                end,
                withPicture: { label, probability: probability ?? 0 },
                withoutPicture: null,
              })),
              relations: relations
                .slice(0, 1)
                .map(({ head, tail, headText, tailText, label, probability }) => ({
                  change: "more" as const,
                  head: entities[head] ?? { start: 0, end: 0 },
                  tail: entities[tail] ?? { start: 0, end: 0 },
                  headText,
                  tailText,
                  withPicture: { label, probability },
                  withoutPicture: { label, probability: 0.41 },
                })),
              category: {
                change: "relabelled" as const,
                withPicture: { label: "sport", probability: 0.83 },
                withoutPicture: { label: "politics", probability: 0.55 },
              },
            },
            regions: [
              { kind: "whole", box: [0, 0, 640, 480], models: ["entities", "relations"] },
              { kind: "crop", box: [60, 80, 300, 420], label: "person", score: 0.92, models: ["relations"] },
              { kind: "crop", box: [340, 120, 600, 400], label: "ball", score: 0.61, models: ["relations"] },
            ],
            picture: { width: 640, height: 480 },
            layers: ["entities", "relations"].flatMap((name) =>
              Array.from({ length: 4 }, (_, layer) => ({
                model: name as "entities" | "relations",
                layer: layer + 1,
                gates: [0.4 - layer * 0.05, 0.3, 0.2 + layer * 0.05, 0.1],
                attention: 0.08 + layer * 0.06,
                regions: [0.04 + layer * 0.01, 0.03 + layer * 0.03, 0.01 + layer * 0.02],
              })),
            ),
          },
        }
      : {}),
  } as Answer;
}
