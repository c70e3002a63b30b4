// The entities of a post as a table: what a screen reader reads in place of the highlighted text.
import type { Entity } from "../api/types.ts";
import { ChoiceRow, RowWords } from "./choice-row.tsx";
import type { Chosen } from "./chosen.ts";
import { LabelTag } from "./label-tag.tsx";
import { ScrollFrame } from "./scroll-frame.tsx";
import { Share } from "./share.tsx";
import { VisibleText } from "./visible-text.tsx";

interface Props {
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly labels: readonly string[];
  readonly chosen?: Chosen | undefined;
  readonly onChoose?: ((chosen: Chosen | undefined) => void) | undefined;
}

/** Lists entities with their types, probabilities and positions. */
export function EntityTable({ text, entities, labels, chosen, onChoose }: Props) {
  if (entities.length === 0) return <p class="nothing">No entities.</p>;
  return (
    <ScrollFrame label="Entities">
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">Entity</th>
            <th scope="col">Type</th>
            <th scope="col">Probability</th>
            <th scope="col" class="number">
              Position
            </th>
          </tr>
        </thead>
        <tbody>
          {entities.map(({ start, end, label, probability }, i) => (
            <ChoiceRow
              key={`${start} ${end} ${label} ${i}`}
              about={{ kind: "entity", index: i }}
              chosen={chosen}
              onChoose={onChoose}
            >
              <th scope="row" dir="auto">
                <RowWords about={{ kind: "entity", index: i }} onChoose={onChoose}>
                  <VisibleText text={text.slice(start, end)} />
                </RowWords>
              </th>
              <td>
                <LabelTag label={label} labels={labels} />
              </td>
              <td>
                <Share value={probability} />
              </td>
              <td class="number quiet">
                {start}–{end}
              </td>
            </ChoiceRow>
          ))}
        </tbody>
      </table>
    </ScrollFrame>
  );
}
