/**
 * The names in a message, read by the compiler: `Names<'{count, plural, one {# of {all}} other {…}}'>` is `'count' | 'all'`.
 * `Stack` holds one letter per open brace, the innermost first: `a` inside an argument's list of branches, `t` inside a branch's text.
 */
export type Names<
  Message extends string,
  Stack extends string = '',
  Found extends string = never,
> = Stack extends `a${infer Outer}`
  ? Message extends `${infer Before}{${infer Body}`
    ? Before extends `${string}}${string}`
      ? Message extends `${string}}${infer After}`
        ? Names<After, Outer, Found>
        : never
      : Names<Body, `t${Stack}`, Found>
    : Message extends `${string}}${infer After}`
      ? Names<After, Outer, Found>
      : Found
  : Message extends `${infer Before}{${infer Rest}`
    ? Before extends `${string}}${string}`
      ? Close<Message, Stack, Found>
      : Rest extends `${infer Name}}${infer After}`
        ? Name extends `${infer Argument},${string}`
          ? Rest extends `${string},${string},${infer Branches}`
            ? Names<Branches, `a${Stack}`, Found | Trim<Argument>>
            : never
          : Names<After, Stack, Found | Trim<Name>>
        : Found
    : Stack extends ''
      ? Found
      : Close<Message, Stack, Found>

type Close<Message extends string, Stack extends string, Found extends string> = Message extends `${string}}${infer After}`
  ? Stack extends `t${infer Outer}`
    ? Names<After, Outer, Found>
    : Found
  : Found

type Trim<Text extends string> = Text extends ` ${infer Rest}` ? Trim<Rest> : Text extends `${infer Rest} ` ? Trim<Rest> : Text

export type Catalogue = Record<string, string>

/** What a translation must be: every key of the English file, each with the same names. The error says what differs. */
export type Translation<English extends Catalogue, Own extends Catalogue> = {
  [Key in keyof English]: Key extends keyof Own ? SameNames<English[Key], Own[Key]> : string
}

type SameNames<English extends string, Own extends string> = [Names<English>] extends [Names<Own>]
  ? [Names<Own>] extends [Names<English>]
    ? Own
    : { 'a name that the English message does not have': Exclude<Names<Own>, Names<English>> }
  : { 'a name of the English message is missing': Exclude<Names<English>, Names<Own>> }
