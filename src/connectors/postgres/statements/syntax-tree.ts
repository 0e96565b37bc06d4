/** A node of the parser's tree: plain JSON. */
export type SyntaxNode = { readonly [key: string]: unknown };

/** What a visitor sees: the key under which a node stands, such as `FuncCall` or `relation`, and the node. */
export type Visitor = (key: string, node: SyntaxNode) => void;

/** Visits every object of a tree, each once, with the key that leads to it; objects of a list have the key of the list. No recursion: trees are as deep as statements are long. */
export function visitNodes(root: SyntaxNode, visit: Visitor): void {
  const open: Array<readonly [string, unknown]> = [['', root]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [key, value] = next;
    if (Array.isArray(value)) for (const item of value) open.push([key, item]);
    else if (typeof value === 'object' && value !== null) {
      const node = value as SyntaxNode;
      visit(key, node);
      for (const inner of Object.keys(node)) open.push([inner, node[inner]]);
    }
  }
}

/** A statement or an expression by its wrapper: `{ SelectStmt: … }` is `['SelectStmt', …]`. Null for what has none. */
export function unwrap(value: unknown): readonly [string, SyntaxNode] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const [entry] = Object.entries(value);
  return entry !== undefined && isNode(entry[1]) ? [entry[0], entry[1]] : null;
}

/** True for an object that is no list. */
export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Names of a list of `String` nodes; others, such as `*` and subscripts, are left out. */
export function stringsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const [kind, node] = unwrap(item) ?? [];
    return kind === 'String' && typeof node?.sval === 'string' ? [node.sval] : [];
  });
}

/** True for the wrapper of a statement; fields such as `selectStmt` begin with a small letter. */
export function isStatement(key: string): boolean {
  return /^[A-Z]\w*Stmt$/.test(key);
}
