/**
 * JSON that gives back exactly what went in: beside what JSON has, NaN, infinities, −0, undefined, maps and arrays of
 * numbers of one type. What JSON has not is an object with the key `$`; objects with a key of that name are told apart.
 */
export interface PackedJson {
  readonly json: string;
  /** False when it is plain JSON, which is read without a second look. */
  readonly escaped: boolean;
}

const TYPED_ARRAYS = { Float64Array, Int32Array, Uint32Array, Uint8Array } as const;
type TypedArrayName = keyof typeof TYPED_ARRAYS;

const SPECIAL_NUMBERS: ReadonlyArray<readonly [string, number]> = [
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-0', -0],
];

/** Packs any value that a model can hold. Throws for an instance of a class that it does not know, and for functions. */
export function packJson(value: unknown): PackedJson {
  const packer = new Packer();
  return { json: JSON.stringify(packer.pack(value)), escaped: packer.escaped };
}

/** What was packed. Throws SyntaxError or TypeError for text that `packJson` never makes. */
export function unpackJson({ json, escaped }: PackedJson): unknown {
  const value: unknown = JSON.parse(json);
  return escaped ? unpack(value) : value;
}

class Packer {
  escaped = false;

  pack(value: unknown): unknown {
    if (typeof value === 'number') return this.#number(value);
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (value === undefined) return this.#escape('undefined', null);
    if (Array.isArray(value)) return value.map((item) => this.pack(item));
    if (typeof value !== 'object') throw new TypeError(`a ${typeof value} cannot be kept in a summary`);
    return this.#object(value);
  }

  #number(value: number): unknown {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    const [name] = SPECIAL_NUMBERS.find(([, special]) => Object.is(special, value)) ?? [];
    return this.#escape(name ?? 'nan', null);
  }

  #object(value: object): unknown {
    if (value instanceof Map)
      return this.#escape(
        'map',
        [...value].map(([key, held]) => [this.pack(key), this.pack(held)]),
      );
    const typed = (Object.keys(TYPED_ARRAYS) as TypedArrayName[]).find((name) => value instanceof TYPED_ARRAYS[name]);
    if (typed !== undefined)
      return this.#escape(
        typed,
        Array.from(value as Float64Array, (item) => this.pack(item)),
      );
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw new TypeError(`a ${value.constructor?.name ?? 'value'} cannot be kept in a summary`);
    const entries = Object.entries(value).map(([key, held]) => [key, this.pack(held)] as const);
    if (Object.hasOwn(value, '$')) return this.#escape('object', entries);
    return Object.fromEntries(entries);
  }

  #escape(kind: string, held: unknown): unknown {
    this.escaped = true;
    return held === null ? { $: kind } : { $: kind, held };
  }
}

function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== 'object') return value;
  if (Object.hasOwn(value, '$')) return unpackSpecial(value as { readonly $: unknown; readonly held?: unknown });
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, unpack(held)]));
}

function unpackSpecial({ $: kind, held }: { readonly $: unknown; readonly held?: unknown }): unknown {
  if (kind === 'undefined') return undefined;
  const special = SPECIAL_NUMBERS.find(([name]) => name === kind);
  if (special !== undefined) return special[1];
  const items = unpack(held) as unknown[];
  if (kind === 'map') return new Map(items as Array<[unknown, unknown]>);
  if (kind === 'object') return Object.fromEntries(items as Array<[string, unknown]>);
  if (typeof kind === 'string' && Object.hasOwn(TYPED_ARRAYS, kind))
    return TYPED_ARRAYS[kind as TypedArrayName].from(items as number[]);
  throw new TypeError('a summary holds a value of an unknown kind');
}
