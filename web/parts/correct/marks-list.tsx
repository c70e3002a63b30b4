// The entities, relations and category of the document in the editor, as lists to read and to choose from.
import type { Marks } from "../../editing/edit.ts";
import type { Chosen } from "../../pieces/chosen.ts";
import { KeyHint } from "../../pieces/key-hint.tsx";
import { LabelTag } from "../../pieces/label-tag.tsx";
import { percent } from "../../pieces/share.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";

interface Props {
  readonly text: string;
  readonly marks: Marks;
  readonly labels: readonly string[];
  readonly chosen: Chosen | undefined;
  readonly hasCategories: boolean;
  readonly onChoose: (chosen: Chosen) => void;
  readonly onCategory: () => void;
}

/** The lists. */
export function MarksList({ text, marks, labels, chosen, hasCategories, onChoose, onCategory }: Props) {
  const { entities, relations, category } = marks;
  const words = (at: number) => text.slice(entities[at]?.start, entities[at]?.end);
  const is = (kind: Chosen["kind"], index: number) => chosen?.kind === kind && chosen.index === index;
  return (
    <div class="marks-lists">
      <div>
        <h2 class="small-title">Entities</h2>
        {entities.length === 0 && <p class="nothing">None marked.</p>}
        <ul>
          {entities.map(({ start, end, label, probability }, i) => (
            <li key={`${start} ${end} ${label}`}>
              <button
                type="button"
                class="mark-row"
                aria-pressed={is("entity", i)}
                onClick={() => onChoose({ kind: "entity", index: i })}
              >
                <span dir="auto" class="mark-words">
                  <VisibleText text={text.slice(start, end)} />
                </span>
                <LabelTag label={label} labels={labels} />
                <span class="quiet mark-number">{probability === undefined ? "" : percent(probability)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h2 class="small-title">Relations</h2>
        {relations.length === 0 && <p class="nothing">None marked.</p>}
        <ul>
          {relations.map(({ head, tail, label, probability }, i) => (
            <li key={`${head} ${tail} ${label}`}>
              <button
                type="button"
                class="mark-row"
                aria-pressed={is("relation", i)}
                onClick={() => onChoose({ kind: "relation", index: i })}
              >
                <span class="mark-words">
                  <bdi>
                    <VisibleText text={words(head)} />
                  </bdi>{" "}
                  <span class="relation-label">
                    <VisibleText text={label} />
                  </span>{" "}
                  <bdi>
                    <VisibleText text={words(tail)} />
                  </bdi>
                </span>
                <span class="quiet mark-number">{probability === undefined ? "" : percent(probability)}</span>
              </button>
            </li>
          ))}
        </ul>
        {(hasCategories || category !== undefined) && (
          <p class="category-row">
            <span class="quiet">Category</span>{" "}
            <button type="button" class="small" onClick={onCategory}>
              {category ?? "not set"} <KeyHint>C</KeyHint>
            </button>
          </p>
        )}
      </div>
    </div>
  );
}
