/** One message of a session, in the order in which the client saw it. */
export interface TranscriptLine {
  readonly from: 'client' | 'server';
  readonly message: unknown;
}

interface RecordableTransport {
  send(message: unknown, ...rest: unknown[]): Promise<void>;
  onmessage?: unknown;
}

type Receiver = (message: unknown, ...rest: unknown[]) => void;

/** Writes down every JSON-RPC message that goes over a client's transport. Call it before the client connects. */
export function recordTranscript(transport: RecordableTransport): TranscriptLine[] {
  const lines: TranscriptLine[] = [];
  const note = (from: TranscriptLine['from'], message: unknown) => {
    for (const single of Array.isArray(message) ? message : [message])
      lines.push({ from, message: structuredClone(single) });
  };
  const send = transport.send.bind(transport);
  transport.send = (message, ...rest) => {
    note('client', message);
    return send(message, ...rest);
  };
  let receive: Receiver | undefined;
  Object.defineProperty(transport, 'onmessage', {
    get: () => receive,
    set(handler: Receiver | undefined) {
      receive =
        handler &&
        ((message, ...rest) => {
          note('server', message);
          handler(message, ...rest);
        });
    },
  });
  return lines;
}

/** What differs from run to run, and what stands for it. */
const VARYING: ReadonlyArray<readonly [RegExp, string]> = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>'],
  [/op_[\w-]{20}/g, 'op_<id>'],
  [/(approve_|confirm_token=|"confirm_token": ")[\w-]{32}/g, '$1<token>'],
  [/("requestState": )"[^"]*"/g, '$1"<sealed>"'],
  [/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, '<time>'],
];

/** A transcript as a golden file keeps it: indented JSON, what varies replaced. */
export function toGolden(lines: readonly TranscriptLine[]): string {
  const text = JSON.stringify(lines, null, 2);
  return `${VARYING.reduce((golden, [varying, fixed]) => golden.replace(varying, fixed), text)}\n`;
}
