/**
 * Makes something once for every object, and keeps it as long as the object lives: an application never changes, and
 * many calls ask about the same one. What is made is shared, so nobody may change it.
 */
export function oncePer<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const kept = made.get(key) ?? { value: make(key) };
    made.set(key, kept);
    return kept.value;
  };
}

/** As {@link oncePer}, for each object and each of a few options. */
export function oncePerOption<K extends object, O, V>(make: (key: K, option: O) => V): (key: K, option: O) => V {
  const optionsOf = oncePer<K, Map<O, { readonly value: V }>>(() => new Map());
  return (key, option) => {
    const options = optionsOf(key);
    const kept = options.get(option) ?? { value: make(key, option) };
    options.set(option, kept);
    return kept.value;
  };
}
