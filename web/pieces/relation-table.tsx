// The relations of a post as a table: what a screen reader reads in place of the arcs.
import type { Entity, Relation } from "../api/types.ts";
import { ChoiceRow, RowWords } from "./choice-row.tsx";
import type { Chosen } from "./chosen.ts";
import { ScrollFrame } from "./scroll-frame.tsx";
import { Share } from "./share.tsx";
import { VisibleText } from "./visible-text.tsx";

interface Props {
  readonly text: string;
  readonly entities: readonly Entity[];
  readonly relations: readonly Relation[];
  readonly chosen?: Chosen | undefined;
  readonly onChoose?: ((chosen: Chosen | undefined) => void) | undefined;
}

/** Lists relations with the words of both ends and their probabilities. */
export function RelationTable({ text, entities, relations, chosen, onChoose }: Props) {
  if (relations.length === 0) return <p class="nothing">No relations.</p>;
  const words = (at: number) => text.slice(entities[at]?.start, entities[at]?.end);
  return (
    <ScrollFrame label="Relations">
      <table class="facts-table">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Relation</th>
            <th scope="col">To</th>
            <th scope="col">Probability</th>
          </tr>
        </thead>
        <tbody>
          {relations.map(({ head, tail, label, probability }, i) => (
            <ChoiceRow
              key={`${head} ${tail} ${label}`}
              about={{ kind: "relation", index: i }}
              chosen={chosen}
              onChoose={onChoose}
            >
              <td dir="auto">
                <VisibleText text={words(head)} />
              </td>
              <th scope="row" class="relation-name">
                <RowWords about={{ kind: "relation", index: i }} onChoose={onChoose}>
                  <VisibleText text={label} />
                </RowWords>
              </th>
              <td dir="auto">
                <VisibleText text={words(tail)} />
              </td>
              <td>
                <Share value={probability} />
              </td>
            </ChoiceRow>
          ))}
        </tbody>
      </table>
    </ScrollFrame>
  );
}
