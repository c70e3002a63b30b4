export interface Docstring {
  readonly description: string;
  readonly throws: readonly string[];
  readonly example: readonly string[];
}
export interface PublicName {
  readonly name: string;
  readonly kind: string;
  readonly doc: Docstring | undefined;
  readonly code: string;
  readonly source: string;
}
export interface Subpath {
  readonly subpath: string;
  readonly source: string;
  readonly entries: readonly PublicName[];
}
export declare function publicSurface(root?: string): Subpath[];
export declare function undocumented(subpaths: readonly Subpath[]): string[];
