// The results of a batch: a list that stays smooth with many thousands of posts, and the chosen one in full.
import { useId, useState } from "preact/hooks";
import type { Result } from "../../api/types.ts";
import type { BatchPost } from "../../batch/parse-posts.ts";
import { isFailed, type Kind } from "../../batch/result-line.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import type { Chosen } from "../../pieces/chosen.ts";
import { EntityTable } from "../../pieces/entity-table.tsx";
import { LabelTag } from "../../pieces/label-tag.tsx";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { RelationTable } from "../../pieces/relation-table.tsx";
import { percent } from "../../pieces/share.tsx";
import { useObjectUrl } from "../../pieces/use-object-url.ts";
import { VisibleText } from "../../pieces/visible-text.tsx";
import { WindowList } from "../../pieces/window-list.tsx";

const KINDS: Readonly<Record<Kind, string>> = {
  all: "All posts",
  entities: "With entities",
  relations: "With relations",
  nothing: "Nothing found",
  failed: "Failed",
};
const ROW = 62;
const SNIPPET = 200;
const MOST_TAGS = 6;

interface Props {
  readonly posts: readonly BatchPost[];
  readonly results: readonly (Result | undefined)[];
  /** Positions of the posts that the filter keeps. */
  readonly shown: readonly number[];
  readonly kind: Kind;
  readonly words: string;
  readonly labels: readonly string[];
  readonly pictureOf: (post: BatchPost) => File | undefined;
  readonly onKind: (kind: Kind) => void;
  readonly onWords: (words: string) => void;
}

/** The list and the chosen result. */
export function BatchResults(props: Props) {
  const { posts, results, shown, labels } = props;
  const ids = { kind: useId(), words: useId() };
  const [chosen, setChosen] = useState(0);
  const at = Math.min(chosen, shown.length - 1);
  const position = shown[at];
  const post = position === undefined ? undefined : posts[position];
  return (
    <section class="batch-results" aria-label="Results">
      <div class="card batch-list">
        <div class="batch-filter">
          <label for={ids.words} class="unseen">
            Filter by words or labels
          </label>
          <input
            id={ids.words}
            type="search"
            placeholder="Filter by words or labels"
            value={props.words}
            onInput={(event) => props.onWords(event.currentTarget.value)}
          />
          <label for={ids.kind} class="unseen">
            Which results
          </label>
          <select
            id={ids.kind}
            value={props.kind}
            onChange={(event) => props.onKind(event.currentTarget.value as Kind)}
          >
            {(Object.keys(KINDS) as Kind[]).map((kind) => (
              <option key={kind} value={kind}>
                {KINDS[kind]}
              </option>
            ))}
          </select>
        </div>
        {shown.length === 0 ? (
          <p class="nothing batch-none">No result matches.</p>
        ) : (
          <WindowList
            items={shown}
            label="Results"
            rowHeight={ROW}
            chosen={at}
            keyOf={(index) => posts[index]?.id ?? String(index)}
            onChoose={setChosen}
            render={(index) => <Row post={posts[index]} result={results[index]} labels={labels} />}
          />
        )}
        <p class="quiet batch-none">{shown.length.toLocaleString("en")} listed</p>
      </div>
      {post !== undefined && position !== undefined && (
        <Detail
          key={post.id}
          post={post}
          result={results[position]}
          labels={labels}
          picture={props.pictureOf(post)}
        />
      )}
    </section>
  );
}

interface RowProps {
  readonly post: BatchPost | undefined;
  readonly result: Result | undefined;
  readonly labels: readonly string[];
}

function Row({ post, result, labels }: RowProps) {
  return (
    <>
      <span class="queue-text" dir="auto">
        {post?.text.slice(0, SNIPPET)}
      </span>
      <span class="row-tags">
        {result === undefined ? (
          <span class="quiet">waiting</span>
        ) : isFailed(result) ? (
          <span class="warn">failed</span>
        ) : (
          <>
            {result.entities.slice(0, MOST_TAGS).map(({ start, end, label }, i) => (
              <LabelTag key={`${start} ${end} ${i}`} label={label} labels={labels} />
            ))}
            <span class="quiet">
              {result.entities.length > MOST_TAGS && `+${result.entities.length - MOST_TAGS} `}
              {result.relations.length > 0 &&
                `${result.relations.length} ${result.relations.length === 1 ? "relation" : "relations"}`}
              {result.entities.length === 0 && "nothing found"}
            </span>
          </>
        )}
      </span>
    </>
  );
}

interface DetailProps {
  readonly post: BatchPost;
  readonly result: Result | undefined;
  readonly labels: readonly string[];
  readonly picture: File | undefined;
}

function Detail({ post, result, labels, picture }: DetailProps) {
  const [chosen, setChosen] = useState<Chosen>();
  const url = useObjectUrl(picture);
  return (
    <section class="card batch-detail" aria-label="Result">
      {url !== undefined && <img class="detail-picture" src={url} alt={post.image ?? ""} />}
      {result === undefined ? (
        <p class="annotated-words" dir="auto">
          <VisibleText text={post.text} />
        </p>
      ) : isFailed(result) ? (
        <>
          <p class="annotated-words" dir="auto">
            <VisibleText text={post.text} />
          </p>
          <ProblemNote problem={result.problem} />
        </>
      ) : (
        <>
          <AnnotatedText
            text={post.text}
            entities={result.entities}
            relations={result.relations}
            labels={labels}
            chosen={chosen}
            onChoose={setChosen}
          />
          {result.category !== undefined && (
            <p>
              Category: <strong>{result.category.label}</strong>{" "}
              <span class="quiet">{percent(result.category.probability)}</span>
            </p>
          )}
          <h2 class="small-title">Entities</h2>
          <EntityTable
            text={post.text}
            entities={result.entities}
            labels={labels}
            chosen={chosen}
            onChoose={setChosen}
          />
          <h2 class="small-title">Relations</h2>
          <RelationTable
            text={post.text}
            entities={result.entities}
            relations={result.relations}
            chosen={chosen}
            onChoose={setChosen}
          />
        </>
      )}
      <p class="quiet mono">{post.id}</p>
    </section>
  );
}
