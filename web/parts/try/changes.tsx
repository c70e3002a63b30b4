// What the picture changed: the same post read with and without it.
import { useState } from "preact/hooks";
import type { Changed, Explanation } from "../../api/types.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import type { Chosen } from "../../pieces/chosen.ts";
import { percent } from "../../pieces/share.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";

const WORDS = {
  added: "found only with the picture",
  removed: "found only without the picture",
  relabelled: "another label with the picture",
  more: "more probable with the picture",
  less: "less probable with the picture",
} as const;

const SIGNS = { added: "+", removed: "−", relabelled: "↔", more: "↑", less: "↓" } as const;

interface RowProps {
  readonly subject: string;
  readonly changed: Changed;
}

function ChangeRow({ subject, changed }: RowProps) {
  const { change, withPicture, withoutPicture } = changed;
  const [before, after] = [withoutPicture, withPicture];
  const label =
    change === "relabelled" ? `${before?.label} → ${after?.label}` : ((after ?? before)?.label ?? "");
  const [from, to] = [before?.probability, after?.probability];
  return (
    <li class={`change ${change}`}>
      <span class="change-sign" aria-hidden="true">
        {SIGNS[change]}
      </span>
      <span>
        <strong dir="auto">
          <VisibleText text={subject} />
        </strong>{" "}
        <span class="change-label">
          <VisibleText text={label} />
        </span>
        <span class="quiet">
          {" "}
          {WORDS[change]}
          {from !== undefined && to !== undefined && `: ${percent(from)} → ${percent(to)}`}
        </span>
      </span>
    </li>
  );
}

function rowsOf({ entities, relations, category }: Explanation["changed"]): readonly RowProps[] {
  return [
    ...entities.map((changed) => ({ subject: changed.text, changed })),
    ...relations.map((changed) => ({ subject: `${changed.headText} → ${changed.tailText}`, changed })),
    ...(category === undefined ? [] : [{ subject: "Category", changed: category }]),
  ];
}

interface Props {
  readonly text: string;
  readonly explanation: Explanation;
  readonly labels: readonly string[];
}

/** Shows the changes, and the answer without the picture. */
export function Changes({ text, explanation, labels }: Props) {
  const [chosen, setChosen] = useState<Chosen>();
  const { withoutPicture, changed } = explanation;
  if (withoutPicture === null) return null;
  const rows = rowsOf(changed);
  return (
    <section class="card" aria-labelledby="changes-title">
      <h2 id="changes-title">What the picture changed</h2>
      {rows.length === 0 ? (
        <p class="nothing">Nothing: the same entities and relations with and without it.</p>
      ) : (
        <ul class="changes">
          {rows.map(({ subject, changed }, i) => (
            <ChangeRow key={`${i} ${subject}`} subject={subject} changed={changed} />
          ))}
        </ul>
      )}
      <h3>Without the picture</h3>
      <AnnotatedText
        text={text}
        entities={withoutPicture.entities}
        relations={withoutPicture.relations}
        labels={labels}
        chosen={chosen}
        onChoose={setChosen}
      />
    </section>
  );
}
