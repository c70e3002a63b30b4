// An answer: the text with what was found, tables, what the models saw, and the request to repeat it.
import { useState } from "preact/hooks";
import type { Answer, Explanation } from "../../api/types.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import type { Chosen } from "../../pieces/chosen.ts";
import { CopyBlock } from "../../pieces/copy-block.tsx";
import { EntityTable } from "../../pieces/entity-table.tsx";
import { LayerUses } from "../../pieces/layer-uses.tsx";
import { PictureWithRegions } from "../../pieces/picture-with-regions.tsx";
import { RelationTable } from "../../pieces/relation-table.tsx";
import { percent } from "../../pieces/share.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";
import { Changes } from "./changes.tsx";
import { ExpertTable } from "./expert-table.tsx";

interface Props {
  readonly text: string;
  readonly answer: Answer;
  readonly labels: readonly string[];
  readonly picture: { readonly url: string; readonly name: string } | undefined;
  readonly curl: string;
  readonly onCorrect: () => void;
}

const SEEN = {
  picture: "Read with its picture",
  caption: "Read with its caption",
  none: "Read without a picture",
  missing: "The picture was not found",
  broken: "The picture could not be used",
} as const;

/** Shows an answer. */
export function AnswerView({ text, answer, labels, picture, curl, onCorrect }: Props) {
  const [chosen, setChosen] = useState<Chosen>();
  const { entities, relations, category, visual, visualError, notes, calibrated, timing } = answer;
  const explanation = answer.explanation as unknown as Explanation | undefined; // the client leaves its form open
  return (
    <div class="answer">
      <section class="card" aria-labelledby="found-title">
        <div class="card-head">
          <h2 id="found-title">What was found</h2>
          <button type="button" class="small" onClick={onCorrect}>
            Correct it
          </button>
        </div>
        <AnnotatedText
          text={text}
          entities={entities}
          relations={relations}
          labels={labels}
          chosen={chosen}
          onChoose={setChosen}
        />
        {category !== undefined && (
          <p class="category">
            Category: <strong>{category.label}</strong>{" "}
            <span class="quiet">{percent(category.probability)}</span>
          </p>
        )}
        <p class="quiet meta-line">
          <span class={visual === "broken" || visual === "missing" ? "warn" : undefined}>{SEEN[visual]}</span>
          <span>{calibrated ? "Calibrated probabilities" : "Probabilities are not calibrated"}</span>
          <span>
            {Math.round(timing.readMs)} ms in the model
            {timing.queuedMs >= 1 && `, ${Math.round(timing.queuedMs)} ms waiting`}
          </span>
          <span>
            {answer.model.name} <span class="mono">{answer.model.version.slice(0, 12)}</span>
          </span>
        </p>
        {visualError !== undefined && (
          <p class="note">
            <VisibleText text={visualError.message} /> <span class="quiet mono">{visualError.code}</span>
          </p>
        )}
        {notes.length > 0 && (
          <ul class="notes" aria-label="Notes">
            {notes.map(({ code, message }) => (
              <li key={`${code} ${message}`} class="note">
                <VisibleText text={message} /> <span class="quiet mono">{code}</span>
              </li>
            ))}
          </ul>
        )}
        <div class="tables">
          <div>
            <h3>Entities</h3>
            <EntityTable
              text={text}
              entities={entities}
              labels={labels}
              chosen={chosen}
              onChoose={setChosen}
            />
          </div>
          <div>
            <h3>Relations</h3>
            <RelationTable
              text={text}
              entities={entities}
              relations={relations}
              chosen={chosen}
              onChoose={setChosen}
            />
          </div>
        </div>
      </section>
      {explanation !== undefined && <Changes text={text} explanation={explanation} labels={labels} />}
      {picture !== undefined && visual === "picture" && (
        <section class="card" aria-labelledby="seen-title">
          <h2 id="seen-title">What the models looked at</h2>
          <div class="seen">
            <PictureWithRegions
              src={picture.url}
              name={picture.name}
              regions={explanation?.regions ?? []}
              size={explanation?.picture}
            />
            {explanation !== undefined && explanation.layers.length > 0 && (
              <LayerUses layers={explanation.layers} regions={explanation.regions} />
            )}
            {explanation?.experts !== undefined && <ExpertTable experts={explanation.experts} />}
          </div>
        </section>
      )}
      <section class="card" aria-label="For your program">
        <CopyBlock title="The request as curl" code={curl} />
        <CopyBlock title="The answer as JSON" code={JSON.stringify(answer, null, 2)} />
      </section>
    </div>
  );
}
