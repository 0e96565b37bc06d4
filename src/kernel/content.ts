/** One part of an answer or of a prompt, beside or in place of plain text. */
export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio'; readonly mimeType: string; readonly bytes: Uint8Array }
  | {
      readonly type: 'resource';
      readonly uri: string;
      readonly mimeType: string;
      readonly contents: string | Uint8Array;
    };

/** Content of a resource that is no JSON: text or bytes as they are. */
export class RawContents {
  readonly contents: string | Uint8Array;

  constructor(contents: string | Uint8Array) {
    this.contents = contents;
  }
}
