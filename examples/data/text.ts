// Small texts for examples that must not download any: two sonnets of Shakespeare's (18 and 116), and common first names.

export const SONNETS = `shall i compare thee to a summer's day?
thou art more lovely and more temperate:
rough winds do shake the darling buds of may,
and summer's lease hath all too short a date:
sometime too hot the eye of heaven shines,
and often is his gold complexion dimm'd;
and every fair from fair sometime declines,
by chance, or nature's changing course, untrimm'd;
but thy eternal summer shall not fade
nor lose possession of that fair thou owest;
nor shall death brag thou wander'st in his shade,
when in eternal lines to time thou growest;
so long as men can breathe or eyes can see,
so long lives this, and this gives life to thee.

let me not to the marriage of true minds
admit impediments. love is not love
which alters when it alteration finds,
or bends with the remover to remove:
o no! it is an ever-fixed mark
that looks on tempests and is never shaken;
it is the star to every wandering bark,
whose worth's unknown, although his height be taken.
love's not time's fool, though rosy lips and cheeks
within his bending sickle's compass come;
love alters not with his brief hours and weeks,
but bears it out even to the edge of doom.
if this be error and upon me proved,
i never writ, nor no man ever loved.
`;

/** A text's characters as numbers, and back. */
export function vocabulary(text: string): {
  size: number;
  encode(text: string): number[];
  decode(ids: Iterable<number>): string;
} {
  const characters = [...new Set(text)].sort();
  const number = new Map(characters.map((character, i) => [character, i]));
  return {
    size: characters.length,
    encode: (some) => [...some].map((character) => number.get(character)!),
    decode: (ids) => [...ids].map((id) => characters[id]).join(""),
  };
}

export const NAMES =
  `ada adam agnes alan albert alex alice alma amelia amy ana andrew angela anna anton aria arthur ava barbara ben bella
  bernard bianca boris brian bruno carl carla carlos carmen cecilia charles chloe clara claire clive colin cora daisy dan
  daniel daria david dean denis diana dora dorothy edgar edith edward elena eli elias elisa ella ellen elsa emil emily emma
  enzo eric erica esther eva eve evan felix fiona flora frank freda george gerald gina gloria grace greta gustav hanna
  harold harry hazel heidi helen henry hilda hugo ian ida ines ingrid irene iris isaac isabel ivan ivy jack jacob james
  jan jane jasmine jean jenny joan joel johanna john jonas josef judith julia julian karen karl kate kevin kim klara laura
  lea leo leon leonard lia lily linda lisa louis louise luca lucas lucia lucy luis luisa luke lydia magda marc marco maria
  marian marie marion mark marta martin mary max maya mia michael mila miriam mona monica nadia nancy naomi nathan nelly
  nicholas nina noah nora norman olga oliver olivia oscar otto pablo pamela patricia paul paula peter philip pia rachel
  ralph rebecca rita robert robin roger roman ronald rosa rose ruby rudolf ruth sam samuel sandra sara sarah selma simon
  sofia sonia sophie stella stephen susan sven sylvia tara teresa thea theo thomas tim tina toby tom ulla ursula vera
  victor viola violet vivian walter wanda werner william zoe`.split(/\s+/);
