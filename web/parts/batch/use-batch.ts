// The state of a batch: its posts and pictures, results as they come, progress. The view is drawn again at most ten times a second.
import { useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import type { PostToSend, Problem, ReadOptions, Result } from "../../api/types.ts";
import { type BatchPost, type PostFault, parsePosts } from "../../batch/parse-posts.ts";
import { isFailed } from "../../batch/result-line.ts";
import { runBatch } from "../../batch/run-batch.ts";
import { announce } from "../../shell/announce.ts";

const DRAW_MS = 100;
const ANNOUNCE_MS = 5000;

/** How far the batch is. */
export interface Progress {
  readonly done: number;
  readonly failed: number;
  /** Seconds that the server asked to wait; undefined while it reads. */
  readonly waiting: number | undefined;
}

const NONE: Progress = { done: 0, failed: 0, waiting: undefined };

/** A batch. */
export function useBatch(options: ReadOptions) {
  const [fileName, setFileName] = useState<string>();
  const [posts, setPosts] = useState<readonly BatchPost[]>([]);
  const [faults, setFaults] = useState<readonly PostFault[]>([]);
  const [pictures, setPictures] = useState<ReadonlyMap<string, File>>(new Map());
  const [problem, setProblem] = useState<Problem>();
  const [running, setRunning] = useState<AbortController>();
  const [progress, setProgress] = useState(NONE);
  const results = useRef<(Result | undefined)[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => running?.abort(), [running]);

  const takePosts = async (file: File) => {
    running?.abort();
    setProblem(undefined);
    try {
      const parsed = parsePosts(file.name, new Uint8Array(await file.arrayBuffer()));
      results.current = [];
      setFileName(file.name);
      setPosts(parsed.posts);
      setFaults(parsed.faults);
      setProgress(NONE);
      announce(`${parsed.posts.length} posts in ${file.name}`);
    } catch (error) {
      results.current = [];
      setFileName(undefined);
      setPosts([]);
      setFaults([]);
      setProgress(NONE);
      setProblem(problemFrom(error));
    }
  };

  const takePictures = (files: readonly File[]) => {
    setPictures((before) => new Map([...before, ...files.map((file) => [file.name, file] as const)]));
    announce(`${files.length} pictures added`);
  };

  /** Sorts files that were dropped together: pictures by their type, the posts from the rest. */
  const takeFiles = (files: readonly File[]) => {
    const images = files.filter(({ type }) => type.startsWith("image/"));
    const [first] = files.filter(({ type }) => !type.startsWith("image/"));
    if (images.length > 0) takePictures(images);
    if (first !== undefined) void takePosts(first);
  };

  const pictureOf = ({ image }: BatchPost) =>
    image === undefined ? undefined : pictures.get(image.split("/").at(-1) ?? image);

  const start = async () => {
    const abort = new AbortController();
    const list: readonly PostToSend[] = posts.map((post) => ({
      id: post.id,
      text: post.text,
      caption: post.caption || undefined,
      entities: post.entities,
      image: pictureOf(post),
    }));
    const missing = posts.flatMap((_, i) => (results.current[i] === undefined ? [i] : []));
    let waiting: number | undefined;
    let announced = Date.now();
    const count = () => {
      const done = results.current.filter((one) => one !== undefined);
      return { done: done.length, failed: done.filter(isFailed).length, waiting };
    };
    const draw = () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        const now = count();
        setProgress(now);
        if (Date.now() - announced < ANNOUNCE_MS) return;
        announced = Date.now();
        announce(`${now.done} of ${posts.length} posts read`);
      }, DRAW_MS);
    };
    setRunning(abort);
    setProblem(undefined);
    announce(`Reading ${missing.length} posts`);
    try {
      await runBatch(
        list,
        missing,
        { ...options, signal: abort.signal },
        {
          onResult(index, result) {
            results.current[index] = result;
            waiting = undefined;
            draw();
          },
          onWait(seconds) {
            waiting = seconds;
            draw();
          },
        },
      );
      const { done, failed } = count();
      announce(`Finished: ${done} posts read, ${failed} of them failed`);
    } catch (error) {
      if (abort.signal.aborted) announce("Cancelled");
      else setProblem(problemFrom(error));
    } finally {
      waiting = undefined;
      setProgress(count());
      setRunning(undefined);
    }
  };

  return {
    fileName,
    posts,
    faults,
    pictures,
    pictureOf,
    problem,
    progress,
    results: results.current,
    isRunning: running !== undefined,
    takeFiles,
    start,
    cancel: () => running?.abort(),
  };
}
