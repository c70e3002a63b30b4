// The documents of one cell of the confusion matrix.
import { useEffect, useRef } from "preact/hooks";
import { mistakePicture, mistakesOf } from "../../api/page-data.ts";
import type { Cell, Mistake } from "../../api/types.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import { PagedList } from "../../pieces/paged-list.tsx";
import { RemotePicture } from "../../pieces/remote-picture.tsx";
import { percent } from "../../pieces/share.tsx";
import { usePage } from "../../shell/page-context.ts";

const PAGE_SIZE = 20;

/** The list; it takes the focus when its cell was chosen. */
export function MistakeList({ run, cell }: { readonly run: string; readonly cell: Cell }) {
  const { model } = usePage();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="card" aria-labelledby="mistakes-title">
      <h2 id="mistakes-title" ref={title} tabIndex={-1}>
        {cell.gold} taken for {cell.predicted}
      </h2>
      <PagedList<Mistake>
        label="Mistakes"
        nothing="No document is stored for this cell."
        load={async (after) => {
          const { mistakes, next } = await mistakesOf(run, { ...cell, limit: PAGE_SIZE, after });
          return { items: mistakes, ...(next === undefined ? {} : { next }) };
        }}
        keyOf={({ id, head, tail, entity }) => JSON.stringify([id, head, tail, entity])}
        render={({ id, text, image, gold, predicted, head, tail, entity, probability }) => (
          <article class="mistake">
            {image === true && <RemotePicture path={mistakePicture(run, id)} alt="Posted with the text" />}
            <div>
              <AnnotatedText
                text={text}
                entities={[head, tail, entity].filter((one) => one !== undefined)}
                relations={
                  head !== undefined && tail !== undefined ? [{ head: 0, tail: 1, label: gold }] : []
                }
                labels={model.entityTypes}
              />
              <p class="quiet meta-line">
                <span>
                  Right: <strong>{gold}</strong>
                </span>
                <span>
                  The model: <strong>{predicted}</strong>
                  {probability !== undefined && ` ${percent(probability)}`}
                </span>
                <span class="mono">{id}</span>
              </p>
            </div>
          </article>
        )}
      />
    </section>
  );
}
