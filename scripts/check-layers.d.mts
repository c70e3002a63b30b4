export interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
  readonly lazy?: boolean;
}
export declare function importsOf(text: string): Import[];
export declare function sources(folder: string): string[];
export declare function faultsOf(
  files: readonly string[],
  read: (file: string) => string,
): { faults: string[]; checked: number; largest: string; share: number };
