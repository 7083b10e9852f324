/** The words that texts of a language have most of, and other languages have not. */
const COMMON: Readonly<Record<string, string>> = {
  en: 'the and of to is that for you with this have are not was on it be as at from or your will can',
  de: 'der die das und ist nicht ich sie mit den ein eine zu von für auf dem auch wir es haben wird sich bei',
  fr: 'le la les et des est que pour dans une pas vous nous sur avec qui au ce sont je du il plus',
  es: 'el los las que una por con para es se del no lo como más su al pero está muy sus',
  it: 'il di che per una non con è sono della gli anche del alla più nel questo come ho si',
  pt: 'que os uma para com não por mais dos como mas ao ele das você seu sua são está em',
  nl: 'de het een van en niet dat zijn voor met op te ik aan er maar om wij bij deze naar heeft',
  sv: 'och att det som en är på för med av till den har inte om ett jag vi kan eller',
  pl: 'nie się na jest że do to jak od za przez ale czy po tym dla przy może tylko',
};
/** Scripts that few languages are written in. */
const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\u3040-\u30ff]/g],
  ['ko', /[\uac00-\ud7af]/g],
  ['zh', /[\u4e00-\u9fff]/g],
  ['ru', /[\u0400-\u04ff]/g],
  ['ar', /[\u0600-\u06ff]/g],
  ['he', /[\u0590-\u05ff]/g],
  ['el', /[\u0370-\u03ff]/g],
  ['th', /[\u0e00-\u0e7f]/g],
  ['hi', /[\u0900-\u097f]/g],
];

const languages = Object.keys(COMMON);
const owners = new Map<string, number[]>();
for (const [index, language] of languages.entries())
  for (const word of COMMON[language]!.split(' ')) owners.set(word, [...(owners.get(word) ?? []), index]);

/** Characters that are looked at. */
const LOOK = 1_500;

/** The language of a text (ISO 639-1), by its script or its commonest words; empty where it does not tell. */
export const detectLanguage = (text: string): string => {
  const sample = text.slice(0, LOOK).toLowerCase();
  if (/[\u0370-\uffff]/.test(sample))
    for (const [language, script] of SCRIPTS)
      if ((sample.match(script)?.length ?? 0) > sample.length / 10) return language;
  const scores = new Array<number>(languages.length).fill(0);
  let words = 0;
  for (const word of sample.match(/\p{L}+/gu) ?? []) {
    words++;
    for (const index of owners.get(word) ?? []) scores[index]! += 1;
  }
  const best = Math.max(...scores);
  const sorted = [...scores].sort((a, b) => b - a);
  return words >= 5 && best >= 2 && best > sorted[1]! * 1.2 && best / words > 0.06
    ? languages[scores.indexOf(best)]!
    : '';
};
