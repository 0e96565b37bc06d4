import type { ContentBlock } from '@modelcontextprotocol/server';
import type { Content } from '../../kernel/content.ts';

/** A part of an answer as MCP writes it: bytes in base64. */
export function toContentBlock(content: Content): ContentBlock {
  switch (content.type) {
    case 'text':
      return { type: 'text', text: content.text };
    case 'image':
    case 'audio':
      return { type: content.type, mimeType: content.mimeType, data: base64(content.bytes) };
    case 'resource':
      return { type: 'resource', resource: toResourceContents(content.uri, content.mimeType, content.contents) };
  }
}

/** Contents of a resource as MCP writes them. */
export function toResourceContents(uri: string, mimeType: string, contents: string | Uint8Array) {
  return typeof contents === 'string' ? { uri, mimeType, text: contents } : { uri, mimeType, blob: base64(contents) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
