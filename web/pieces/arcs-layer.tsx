// The drawing of relations over a text. All positions are attributes, so no inline style is needed.
import type { Relation } from "../../src/data/document.ts";
import type { ArcLayout } from "../text/arcs.ts";
import type { Chosen } from "./chosen.ts";

/** What is drawn, for a text of this size. */
export interface Drawing {
  readonly layout: ArcLayout;
  /** The drawn relations, with their position among all. */
  readonly relations: readonly { readonly relation: Relation; readonly index: number }[];
  readonly width: number;
  readonly height: number;
}

interface Props extends Drawing {
  readonly gutter: number;
  readonly chosen: Chosen | undefined;
  readonly onChoose: ((chosen: Chosen) => void) | undefined;
}

/** Draws the arcs. */
export function ArcsLayer({ layout, width, height, gutter, relations, chosen, onChoose }: Props) {
  const drawn = layout.arcs.flatMap((arc) => {
    const shown = relations[arc.index];
    return shown === undefined ? [] : [{ ...arc, ...shown }];
  });
  const stands = ({ relation, index }: (typeof drawn)[number]) =>
    chosen === undefined ||
    (chosen.kind === "relation"
      ? chosen.index === index
      : chosen.index === relation.head || chosen.index === relation.tail);
  return (
    <svg
      class="arcs"
      aria-hidden="true"
      width={width}
      height={height}
      viewBox={`${-gutter} 0 ${width} ${height}`}
    >
      {drawn.map((arc) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: a second way by pointer; keyboards use the table and the shortcuts
        <g
          key={arc.index}
          class={`arc${stands(arc) ? "" : " faint"}${chosen?.kind === "relation" && chosen.index === arc.index ? " chosen" : ""}`}
          onClick={() => onChoose?.({ kind: "relation", index: arc.index })}
        >
          <path class="arc-reach" d={arc.path} />
          <path class="arc-line" d={arc.path} />
          <path class="arc-arrow" d={arc.arrow} />
          <text class="arc-label" x={arc.label.x} y={arc.label.y + 3.8}>
            {arc.relation.label}
          </text>
        </g>
      ))}
    </svg>
  );
}
