// A text with its entities highlighted and its relations as arcs above. Screen readers read the tables beside it, so the arcs are hidden from them.
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Entity, Relation } from "../../src/data/document.ts";
import { cutPieces, type PlacedSpan } from "../../src/data/text-pieces.ts";
import { type Anchor, GUTTER, layoutArcs } from "../text/arcs.ts";
import { tintOf } from "../text/tints.ts";
import { ArcsLayer, type Drawing } from "./arcs-layer.tsx";
import type { Chosen } from "./chosen.ts";
import { VisibleText } from "./visible-text.tsx";

/** A part of the text that is being made into an entity, or a range to show. */
export interface Pending {
  readonly start: number;
  readonly end: number;
}

interface Props {
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly relations?: readonly Relation[];
  readonly labels: readonly string[];
  readonly chosen?: Chosen | undefined;
  readonly pending?: Pending | undefined;
  /** The entity that a new relation begins at. */
  readonly origin?: number | undefined;
  readonly onChoose?: ((chosen: Chosen) => void) | undefined;
}

const NO_RELATIONS: readonly Relation[] = [];
/** Levels of arcs that the style sheet has room for; with more, only those of the chosen mention are drawn. */
const MOST_LEVELS = 7;
/** With more relations than this, not all are drawn at once; on a phone they would only cross each other. */
const MOST_ARCS = 40;
const MOST_ARCS_NARROW = 4;
const NARROW = 480;

const measure = document.createElement("canvas").getContext("2d");
function labelWidth(label: string): number {
  if (measure === null) return label.length * 6.5;
  measure.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
  return measure.measureText(label).width + 2;
}

/** Where the mentions are in an element, relative to where its text begins. */
function anchorsIn(element: HTMLElement, count: number): readonly Anchor[] {
  const origin = element.getBoundingClientRect();
  const left = origin.left + Number.parseFloat(getComputedStyle(element).paddingLeft);
  return Array.from({ length: count }, (_, i) => {
    const rect = element.querySelector(`[data-entity="${i}"]`)?.getClientRects()[0];
    if (rect === undefined) return { left: 0, right: 0, top: 0 };
    return { left: rect.left - left, right: rect.right - left, top: rect.top - origin.top };
  });
}

/** Lays out all relations, or only those of what is chosen if there are too many to read. */
function drawingOf(
  element: HTMLElement,
  entities: readonly Entity[],
  relations: readonly Relation[],
  chosen: Chosen | undefined,
): Drawing {
  const { width, height } = element.getBoundingClientRect();
  const anchors = anchorsIn(element, entities.length);
  const room = width - Number.parseFloat(getComputedStyle(element).paddingLeft);
  const lay = (shown: Drawing["relations"]) => {
    const links = shown.map(({ relation: { head, tail, label } }) => ({
      head,
      tail,
      width: labelWidth(label),
    }));
    return { relations: shown, layout: layoutArcs(anchors, links, room), width, height };
  };
  const indexed = relations.map((relation, index) => ({ relation, index }));
  if (relations.length <= (width < NARROW ? MOST_ARCS_NARROW : MOST_ARCS)) {
    const whole = lay(indexed);
    if (whole.layout.levels <= MOST_LEVELS) return whole;
  }
  return lay(
    indexed.filter(({ relation, index }) =>
      chosen?.kind === "relation"
        ? chosen.index === index
        : chosen?.index === relation.head || chosen?.index === relation.tail,
    ),
  );
}

/** Shows a text with what was found in it. */
export function AnnotatedText({
  text,
  entities,
  relations,
  labels,
  chosen,
  pending,
  origin,
  onChoose,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing>();
  const all = relations ?? NO_RELATIONS;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || all.length === 0) {
      setDrawing(undefined);
      return;
    }
    const draw = () => {
      const next = drawingOf(element, entities, all, chosen);
      setDrawing((now) => (JSON.stringify(now) === JSON.stringify(next) ? now : next));
    };
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    return () => observer.disconnect();
  });

  const pieces = useMemo(
    () => cutPieces(text.length, pending === undefined ? entities : [...entities, pending]),
    [text, entities, pending],
  );
  const deepest = Math.max(0, ...pieces.flatMap(({ covering }) => covering.map(({ lane }) => lane)));
  const levels = Math.min(drawing?.layout.levels ?? 0, MOST_LEVELS);
  return (
    <div class={`annotated lanes-${deepest} levels-${levels}${all.length > 0 ? " has-arcs" : ""}`} ref={box}>
      <p class="annotated-words" dir="auto" lang="">
        {pieces.map((piece) => {
          let inner = <VisibleText text={text.slice(piece.start, piece.end)} at={piece.start} />;
          for (const span of piece.covering.toReversed()) {
            inner = (
              <Mark
                key={span.index}
                span={span}
                piece={piece}
                entity={entities[span.index]}
                labels={labels}
                isChosen={chosen?.kind === "entity" && chosen.index === span.index}
                isLinked={span.index === origin || isLinked(all, chosen, span.index)}
                onChoose={onChoose}
              >
                {inner}
              </Mark>
            );
          }
          return inner;
        })}
      </p>
      {drawing !== undefined && drawing.layout.arcs.length > 0 && (
        <ArcsLayer {...drawing} gutter={GUTTER} chosen={chosen} onChoose={onChoose} />
      )}
      {drawing !== undefined && drawing.relations.length < all.length && (
        <p class="annotated-more">
          {all.length} relations: choose a mention or a row of the table to see its arcs.
        </p>
      )}
    </div>
  );
}

function isLinked(relations: readonly Relation[], chosen: Chosen | undefined, entity: number): boolean {
  if (chosen?.kind !== "relation") return false;
  const relation = relations[chosen.index];
  return relation?.head === entity || relation?.tail === entity;
}

interface MarkProps {
  readonly span: PlacedSpan;
  readonly piece: { readonly start: number; readonly end: number };
  /** Undefined for the pending part. */
  readonly entity: Entity | undefined;
  readonly labels: readonly string[];
  readonly isChosen: boolean;
  readonly isLinked: boolean;
  readonly onChoose: ((chosen: Chosen) => void) | undefined;
  readonly children: preact.ComponentChildren;
}

/** One piece of a highlighted span; the first one carries the label. */
function Mark({ span, piece, entity, labels, isChosen, isLinked, onChoose, children }: MarkProps) {
  const begins = piece.start === span.start;
  const classes = [
    entity === undefined ? "pending" : tintOf(entity.label, labels),
    `lane-${span.lane}`,
    ...(begins ? [] : ["continued"]),
    ...(piece.end < span.end ? ["continues"] : []),
    ...(isChosen ? ["chosen"] : []),
    ...(isLinked ? ["linked"] : []),
    ...(onChoose === undefined ? [] : ["can-be-chosen"]),
  ];
  const choose = (event: Event) => {
    if (entity === undefined || onChoose === undefined) return;
    event.stopPropagation();
    onChoose({ kind: "entity", index: span.index });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a second way by pointer; keyboards use the tables and the shortcuts
    <mark
      class={classes.join(" ")}
      data-entity={begins && entity !== undefined ? span.index : undefined}
      onClick={choose}
    >
      {begins && entity !== undefined && (
        <small dir="auto">
          <VisibleText text={entity.label} />
        </small>
      )}
      {children}
    </mark>
  );
}
