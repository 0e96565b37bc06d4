import type { CallToolResult } from '@modelcontextprotocol/client';
import { AppBridge, PostMessageTransport } from '@modelcontextprotocol/ext-apps/app-bridge';

/** A chat client as small as can be: frames a page of the server as MCP Apps asks, and passes its calls on. */
declare global {
  /** Calls a tool of the server; the test gives it. */
  var callServerTool: (params: { name: string; arguments: Record<string, unknown> }) => Promise<CallToolResult>;
  var host: {
    open(url: string, args: Record<string, unknown>, result: CallToolResult): Promise<void>;
    setTheme(theme: 'light' | 'dark'): void;
    readonly sizes: Array<{ width?: number; height?: number }>;
    readonly modes: string[];
  };
}

const frame = document.querySelector('iframe') as HTMLIFrameElement;
const sizes: Array<{ width?: number; height?: number }> = [];
const modes: string[] = [];
const hostContext = {
  theme: 'light' as const,
  displayMode: 'inline' as const,
  availableDisplayModes: ['inline' as const, 'fullscreen' as const],
};
const bridge = new AppBridge(null, { name: 'test-host', version: '1' }, { serverTools: {} }, { hostContext });

bridge.oncalltool = ({ name, arguments: args = {} }) => globalThis.callServerTool({ name, arguments: args });
bridge.onsizechange = ({ width, height }) => {
  sizes.push({ ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) });
  if (height !== undefined) frame.style.height = `${height}px`;
};
bridge.onrequestdisplaymode = async ({ mode }) => {
  modes.push(mode);
  bridge.setHostContext({ ...hostContext, displayMode: mode });
  return { mode };
};

globalThis.host = {
  sizes,
  modes,
  async open(url, args, result) {
    const ready = new Promise<void>((resolve) => {
      bridge.oninitialized = () => resolve();
    });
    const page = frame.contentWindow as Window;
    await bridge.connect(new PostMessageTransport(page, page));
    frame.src = url;
    await ready;
    await bridge.sendToolInput({ arguments: args });
    await bridge.sendToolResult(result);
  },
  setTheme: (theme) => bridge.setHostContext({ ...hostContext, theme }),
};
