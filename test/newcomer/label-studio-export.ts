// Writes posts the way Label Studio exports them (JSON, full): tasks, annotations, regions with offsets in code points, relations
// between regions, pictures as uploaded files.
import type { Document } from "../../src/data/document.ts";

/** Length in code points, in which Label Studio counts. */
const codePoints = (text: string) => [...text].length;

/** The tasks of an export. Every tenth is annotated by a second person, and every twelfth was first skipped by somebody. */
export function labelStudioTasks(posts: readonly Document[]): object[] {
  return posts.map((post, i) => {
    const id = i + 1;
    return {
      id,
      data: { text: post.text, ...(post.image && { image: `/data/upload/1/${uploadName(post.image, id)}` }) },
      annotations: [
        ...(i % 12 === 5 ? [annotation(id, 3, [], { was_cancelled: true })] : []),
        annotation(id, 1, resultsOf(post)),
        ...(i % 10 === 7 ? [annotation(id, 2, resultsOf(post).slice(0, 1))] : []),
      ],
      predictions: [],
      meta: {},
      created_at: "2026-01-12T09:00:00.000000Z",
      updated_at: "2026-01-12T09:05:00.000000Z",
      inner_id: id,
      total_annotations: 1,
      cancelled_annotations: i % 12 === 5 ? 1 : 0,
      project: 1,
    };
  });
}

/** Uploaded files get eight characters in front of their name. */
export function uploadName(image: string, id: number): string {
  return `${id.toString(16).padStart(8, "0")}-${image}`;
}

function annotation(task: number, person: number, result: object[], more: object = {}): object {
  return {
    id: task * 10 + person,
    completed_by: person,
    result,
    was_cancelled: false,
    ground_truth: false,
    created_at: `2026-01-12T09:0${person}:00.000000Z`,
    updated_at: `2026-01-12T09:0${person}:30.000000Z`,
    lead_time: 12.5,
    task,
    ...more,
  };
}

function resultsOf({ id, text, entities, relations }: Document): object[] {
  const region = (index: number) => `${id}-r${index}`;
  return [
    ...entities.map(({ start, end, label }, index) => ({
      value: {
        start: codePoints(text.slice(0, start)),
        end: codePoints(text.slice(0, end)),
        text: text.slice(start, end),
        labels: [label],
      },
      id: region(index),
      from_name: "label",
      to_name: "text",
      type: "labels",
      origin: "manual",
    })),
    ...relations.map(({ head, tail, label }) => ({
      from_id: region(head),
      to_id: region(tail),
      type: "relation",
      direction: "right",
      labels: [label],
    })),
  ];
}
