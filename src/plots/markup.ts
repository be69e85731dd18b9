/**
 * A number for SVG: at most two decimals and no negative zero, so that the same chart has the same
 * bytes everywhere.
 */
export function formatCoordinate(value: number): string {
  const text = value.toFixed(2).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

/** Text made safe for XML 1.0: markup escaped, characters that XML forbids replaced by U+FFFD. */
export function escapeText(text: string): string {
  let safe = '';
  for (const character of text) safe += ENTITIES[character] ?? allowed(character);
  return safe;
}

/** One element. Attribute values are escaped; `children` are markup already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .map(([key, value]) => {
      const text = typeof value === 'number' ? formatCoordinate(value) : escapeText(value);
      return ` ${key}="${text}"`;
    })
    .join('');
  if (children.length === 0) return `<${name}${written}/>`;
  return `<${name}${written}>${children.join('')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function allowed(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const control = code < 0x20 && code !== 0x9 && code !== 0xa && code !== 0xd;
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return control || surrogate || code === 0xfffe || code === 0xffff ? '\uFFFD' : character;
}
