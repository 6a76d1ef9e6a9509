// No sentence of a page or of a page's script stands outside the catalogue.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const source = join(import.meta.dirname, '..');

/** Files whose other texts are code. */
const english = new Set(['pages/api-description.tsx']);

/** Texts that are the same in every language: names of products, protocols, formats, units and keys. */
const names = new Set(
  (
    'Porthole API WebRTC H.264 H.265 JPEG MJPEG MSE WebSocket HTTP RTSP HLS URL FFmpeg fps px ms kbit/s Mbit/s KB MB GB TB ' +
    'Space Esc Mac OS Home Assistant'
  ).split(' '),
);

/** Attributes that people read or hear. */
const readAttributes = new Set(
  'alt aria-description aria-label aria-roledescription aria-valuetext data-busy hint label placeholder text title'.split(
    ' ',
  ),
);

/** Elements whose text is typed or pressed as it stands. */
const verbatim = new Set(['code', 'kbd', 'pre']);

/** Properties of elements and of messages that people read or hear. */
const readProperties = new Set(
  'alt ariaLabel label message more heading placeholder text textContent title word'.split(' '),
);

const files = globSync('{pages,browser,text}/**/*.{ts,tsx}', { cwd: source }).filter(
  (path) => !/\.test\.tsx?$/.test(path) && !english.has(path),
);

describe('the catalogue', () => {
  it.each(files)('has every sentence of %s', (path) => {
    expect(sentencesIn(join(source, path))).toEqual([]);
  });

  it('notices a sentence that stands outside', () => {
    const found = (code: string) => sentencesOf('a.tsx', code);
    expect(found('<p>Photo taken.</p>')).toEqual(['Photo taken.']);
    expect(found('<input placeholder="Name" />')).toEqual(['Name']);
    expect(found("<p>{many ? 'photos' : 'photo'}</p>")).toEqual(['photos', 'photo']);
    expect(found('<p title={`Photos of ${day}`} />')).toEqual(['Photos of']);
    expect(found("toast({ kind: 'done', text: 'gone' })")).toEqual(['gone']);
    expect(found("button.title = on ? 'On' : 'Off'")).toEqual(['On', 'Off']);
    expect(found("announce('Photo deleted')")).toEqual(['Photo deleted']);
    expect(found("setText(element, 'ab cd')")).toEqual(['ab cd']);
    expect(found("button.setAttribute('aria-label', `${size}, reset zoom`)")).toEqual([', reset zoom']);
    expect(found("const words = { a: 'Something went wrong' }")).toEqual(['Something went wrong']);
    expect(found(`<p class="a b">{m.x()} · {size} × 3 <Icon name="x" /></p>`)).toEqual([]);
    expect(found("throw new TypeError('The page has no canvas')")).toEqual([]);
  });
});

/** The sentences in a file, and single words where people read them. */
function sentencesIn(path: string): string[] {
  return sentencesOf(path, readFileSync(path, 'utf8'));
}

function sentencesOf(path: string, code: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== null && !isName(text) && (isRead(node) || (isSentence(text) && !isInternal(node)))) {
      found.push(text.trim().replace(/\s+/g, ' '));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
  return found;
}

/** The text of a literal, or of one part of a template; null for all other nodes. */
function textOf(node: ts.Node): string | null {
  const isText =
    ts.isJsxText(node) ||
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddleOrTemplateTail(node);
  return isText ? node.text : null;
}

/** True for texts without words, and for addresses and names that are the same in every language. */
function isName(text: string): boolean {
  const address = /\w+:\/\/\S+|[\w-]+(?:\.[\w-]+)+|\/[\w/]+/g;
  const words = text
    .replaceAll(address, ' ')
    .split(/[\s()/,;:·×–…]+/)
    .filter((word) => /\p{L}{2}/u.test(word));
  return words.every((word) => names.has(word));
}

/** True for several words that begin with a capital letter, as no identifier, class or address does. */
function isSentence(text: string): boolean {
  return /^\s*\p{Lu}\p{Ll}*[’']?\p{Ll}* \p{L}/u.test(text) || /^\p{L}[^<>{}=]* [^<>{}=]*[.…!?]$/u.test(text.trim());
}

/** True where a text is for programmers: types, imports, errors of the program itself. */
function isInternal(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isLiteralTypeNode(parent)) return true;
  return ts.isNewExpression(parent) && /(Error|Exception)$/.test(parent.expression.getText());
}

/** True where people read a text: between tags, in an attribute, or as a property or argument that becomes visible. */
function isRead(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isJsxText(node)) return !(ts.isJsxElement(parent) && verbatim.has(parent.openingElement.tagName.getText()));
  // What a condition chooses is read where the condition stands; what it compares is not.
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isRead(parent);
  if (ts.isParenthesizedExpression(parent) || ts.isTemplateExpression(parent)) return isRead(parent);
  if (ts.isTemplateSpan(parent)) return node === parent.literal && isRead(parent.parent);
  if (ts.isBinaryExpression(parent)) {
    const operator = parent.operatorToken.kind;
    if (operator === ts.SyntaxKind.EqualsToken) return node === parent.right && isReadName(parent.left);
    const passes = [
      ts.SyntaxKind.QuestionQuestionToken,
      ts.SyntaxKind.BarBarToken,
      ts.SyntaxKind.AmpersandAmpersandToken,
    ];
    return (
      (operator === ts.SyntaxKind.PlusToken || (passes.includes(operator) && node === parent.right)) && isRead(parent)
    );
  }
  if (ts.isJsxExpression(parent)) return ts.isJsxAttribute(parent.parent) ? isReadAttribute(parent.parent) : true;
  if (ts.isJsxAttribute(parent)) return isReadAttribute(parent);
  if (ts.isPropertyAssignment(parent)) return node === parent.initializer && readProperties.has(parent.name.getText());
  if (ts.isCallExpression(parent) && parent.arguments.includes(node as ts.Expression)) {
    const name = parent.expression.getText();
    if (name === 'announce') return true;
    if (name === 'setText') return parent.arguments[1] === node;
    const [attribute, value] = parent.arguments;
    if (name.endsWith('.setAttribute') && attribute !== undefined && ts.isStringLiteral(attribute)) {
      return value === node && readAttributes.has(attribute.text);
    }
  }
  return false;
}

function isReadAttribute({ name }: ts.JsxAttribute): boolean {
  return readAttributes.has(name.getText());
}

function isReadName(left: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(left) && readProperties.has(left.name.text);
}
