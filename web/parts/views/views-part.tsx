// "Views": generated views, by the score that the teacher gave them.
import { useId, useState } from "preact/hooks";
import { viewPicture, viewsBy } from "../../api/page-data.ts";
import type { View } from "../../api/types.ts";
import { PagedList } from "../../pieces/paged-list.tsx";
import { RemotePicture } from "../../pieces/remote-picture.tsx";
import { VisibleText } from "../../pieces/visible-text.tsx";
import { usePage } from "../../shell/page-context.ts";

const PAGE_SIZE = 24;

/** The part. */
export function ViewsPart() {
  const { offer } = usePage();
  const id = useId();
  const [order, setOrder] = useState<"score" | "-score">("score");
  if (!offer.views) {
    return (
      <div class="empty">
        <div class="empty-text">
          <p>
            The server was started without generated views. To browse those of a synthesis plan, start it with
          </p>
          <code class="command">relata serve BUNDLE --views runs/plan/store=runs/plan/scores</code>
        </div>
      </div>
    );
  }
  return (
    <div class="views">
      <div class="batch-bar">
        <label for={id}>Order by teacher</label>
        <select
          id={id}
          value={order}
          onChange={(event) => setOrder(event.currentTarget.value as "score" | "-score")}
        >
          <option value="score">Fits its label best first</option>
          <option value="-score">Fits its label worst first</option>
        </select>
      </div>
      <PagedList<View>
        key={order}
        label="Views"
        nothing="There are no views in the store."
        load={async (after) => {
          const { views, next } = await viewsBy({ order, limit: PAGE_SIZE, after });
          return { items: views, ...(next === undefined ? {} : { next }) };
        }}
        keyOf={(view) => view.id}
        render={(view) => (
          <article class="view card">
            {view.picture === true && (
              <RemotePicture path={viewPicture(view.id)} alt={`Generated for ${view.document}`} />
            )}
            {view.text !== undefined && (
              <p class="view-text" dir="auto">
                <VisibleText text={view.text} />
              </p>
            )}
            <p class="view-score">
              <strong title="Cross-entropy of the label by a teacher: low if the view fits it">
                {view.score === null ? "not scored" : `${view.score.toFixed(3)} nats`}
              </strong>
              <span class={view.kept ? "state-accepted" : "state-rejected"}>
                {view.kept ? "kept" : `refused${view.reason === undefined ? "" : `: ${view.reason}`}`}
              </span>
            </p>
            {view.label !== "" && (
              <p>
                {view.label}
                {view.predicted !== undefined && view.predicted !== view.label && (
                  <span class="warn"> taken for {view.predicted}</span>
                )}
                {view.adds !== undefined && (
                  <span class="quiet">, adds {view.adds.toFixed(2)} nats about it</span>
                )}
              </p>
            )}
            <p class="quiet view-origin">
              round {view.round} · chain {view.chain} · <span class="mono">{view.document}</span>
            </p>
          </article>
        )}
      />
    </div>
  );
}
