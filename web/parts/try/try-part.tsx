// "Try": one post, its answer, and what the picture did.
import { useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import { addressOf, pageClient, token } from "../../api/request.ts";
import type { Answer, PostToSend, Problem, ReadOptions } from "../../api/types.ts";
import { localDocument } from "../../editing/local-documents.ts";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { useObjectUrl } from "../../pieces/use-object-url.ts";
import { announce } from "../../shell/announce.ts";
import { usePage } from "../../shell/page-context.ts";
import { AnswerView } from "./answer-view.tsx";
import { Compose, type Draft } from "./compose.tsx";
import { curlOf } from "./curl.ts";

const EMPTY: Draft = { text: "", caption: "", picture: undefined, threshold: "" };

/** An answer with the post that it belongs to: the form may have changed since. */
interface Shown {
  readonly post: PostToSend;
  readonly options: ReadOptions;
  readonly answer: Answer;
  readonly labels: readonly string[];
}

/** The part. */
export function TryPart() {
  const { models, model, correct } = usePage();
  const [draft, setDraft] = useState(EMPTY);
  const [shown, setShown] = useState<Shown>();
  const [problem, setProblem] = useState<Problem>();
  const [reading, setReading] = useState<AbortController>();
  const count = useRef(0);
  const draftUrl = useObjectUrl(draft.picture);
  const shownUrl = useObjectUrl(shown?.post.image);
  useEffect(() => () => reading?.abort(), [reading]);

  const read = async () => {
    const abort = new AbortController();
    const post: PostToSend = {
      text: draft.text,
      caption: (model.sees.captions && draft.caption) || undefined,
      image: draft.picture,
    };
    const options: ReadOptions = {
      ...(models.length > 1 ? { model: model.name } : {}),
      ...(draft.picture === undefined ? {} : { explain: true }),
      ...(draft.threshold === "" ? {} : { threshold: Number(draft.threshold) }),
    };
    setReading(abort);
    setProblem(undefined);
    announce("Reading the post");
    try {
      const answer = await pageClient().extract(post, { ...options, signal: abort.signal });
      setShown({ post, options, answer, labels: model.entityTypes });
      announce(`Found ${answer.entities.length} entities and ${answer.relations.length} relations`);
    } catch (error) {
      if (abort.signal.aborted) announce("Cancelled");
      else {
        setShown(undefined); // the answer to another post would look like this one's
        setProblem(problemFrom(error));
      }
    } finally {
      setReading(undefined);
    }
  };

  return (
    <div class="try">
      <Compose
        draft={draft}
        pictureUrl={draftUrl}
        isReading={reading !== undefined}
        onChange={setDraft}
        onRead={read}
        onCancel={() => reading?.abort()}
      />
      <div class="try-answer" aria-busy={reading !== undefined}>
        {problem !== undefined && <ProblemNote problem={problem} />}
        {shown === undefined ? (
          problem === undefined && (
            <div class="empty">
              <p>{reading === undefined ? "The answer appears here." : "Reading the post…"}</p>
            </div>
          )
        ) : (
          <AnswerView
            text={shown.post.text}
            answer={shown.answer}
            labels={shown.labels}
            picture={
              shown.post.image === undefined || shownUrl === undefined
                ? undefined
                : { url: shownUrl, name: shown.post.image.name }
            }
            curl={curlOf(addressOf("v1/extract"), shown.post, shown.options, token() !== undefined)}
            onCorrect={() => {
              count.current++;
              const id = `try-${new Date().toISOString().replaceAll(/[:.]/g, "-")}-${count.current}`;
              correct([localDocument(id, shown.post.text, shown.answer, shown.post.image)]);
            }}
          />
        )}
      </div>
    </div>
  );
}
