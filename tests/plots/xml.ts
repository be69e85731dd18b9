/** One element of a parsed document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Unescaped text directly inside the element. */
  text: string;
}

/** Parses the XML that our charts use and throws on anything that is not well formed. */
export function parseXml(source: string): XmlElement {
  const root: XmlElement = { name: '#document', attributes: {}, children: [], text: '' };
  const open: XmlElement[] = [root];
  const token = /<(\/?)([a-zA-Z]+)((?:\s+[a-zA-Z][\w-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (match === null) throw new Error(`not XML at ${String(at)}: ${source.slice(at, at + 60)}`);
    const [, closing, name = '', written = '', selfClosing, text] = match;
    const parent = open.at(-1)!;
    if (text !== undefined) {
      parent.text += unescape(text);
    } else if (closing === '/') {
      if (parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
      open.pop();
    } else {
      const element: XmlElement = {
        name,
        attributes: attributesOf(written),
        children: [],
        text: '',
      };
      parent.children.push(element);
      if (selfClosing !== '/') open.push(element);
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)!.name}> is never closed`);
  if (root.children.length !== 1) throw new Error('expected one root element');
  return root.children[0]!;
}

/** All descendants of one name, in document order. */
export function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...all(child, name),
  ]);
}

export function texts(element: XmlElement): string[] {
  return all(element, 'text').map(({ text }) => text);
}

/** The `points` of a polyline or polygon as numbers. */
export function pointsOf(element: XmlElement): (readonly [number, number])[] {
  return element.attributes.points!.split(' ').map((pair) => {
    const [x, y] = pair.split(',').map(Number);
    return [x!, y!] as const;
  });
}

function attributesOf(written: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, key = '', value = ''] of written.matchAll(/([a-zA-Z][\w-]*)="([^"]*)"/g)) {
    if (key in attributes) throw new Error(`attribute ${key} twice`);
    attributes[key] = unescape(value);
  }
  return attributes;
}

function unescape(text: string): string {
  return text.replace(/&([^;\s]*;?)/g, (_, entity: string) => {
    const character = { 'amp;': '&', 'lt;': '<', 'gt;': '>', 'quot;': '"', '#39;': "'" }[entity];
    if (character === undefined) throw new Error(`bare & or unknown entity: &${entity}`);
    return character;
  });
}
