const KEYBOARD_ROWS = [
  ['1234567890-=', 'qwertyuiop[]', "asdfghjkl;'", 'zxcvbnm,./'],
  ['1234567890ß', 'qwertzuiopü', 'asdfghjklöä', 'yxcvbnm,.-'],
  ['1234567890', 'azertyuiop', 'qsdfghjklm', 'wxcvbn,;:!'],
  ['1234567890-=', 'йцукенгшщзхъ', 'фывапролджэ', 'ячсмитьбю.'],
  ['1234567890-.', 'уеишщксдзц;', 'ьяаожгтнвмч', 'юйъэфхпрлб'],
  ['1234567890-=', 'явертъуиопшщ', 'асдфгхйкл', 'зьцжбнм'],
  ['!@#$%^&*()_+'],
  ['789', '456', '123'],
]

/** Neighbouring keys in a row or, slanting, between two rows: `qw`, `1q`, `za`. */
const neighbours = (rows: readonly string[]): string[] =>
  rows.flatMap((row, depth) => {
    const below = rows[depth + 1] ?? ''
    return [...row].flatMap((key, column) =>
      [row[column + 1], below[column], below[column - 1]].flatMap((other) =>
        other === undefined ? [] : [key + other, other + key],
      ),
    )
  })

const ADJACENT: ReadonlySet<string> = new Set(KEYBOARD_ROWS.flatMap(neighbours))

const step = (a: string, b: string): number => (b.codePointAt(0) ?? 0) - (a.codePointAt(0) ?? 0)

const isEasyMove = (a: string, b: string): boolean => Math.abs(step(a, b)) <= 1 || ADJACENT.has(a + b)

/** Shorter runs occur inside ordinary words ("were"). */
const MIN_RUN = 4
/** A run is described by where it starts and how it goes, however long it is. */
const RUN_COST = 2

/** How many characters somebody would have to guess if every keyboard walk and every sequence counts as two. */
const effectiveLength = (characters: readonly string[]): number => {
  let total = 0
  let run = 1
  for (let index = 1; index <= characters.length; index += 1) {
    const previous = characters[index - 1]
    const current = characters[index]
    if (previous !== undefined && current !== undefined && isEasyMove(previous, current)) {
      run += 1
    } else {
      total += run >= MIN_RUN ? RUN_COST : run
      run = 1
    }
  }
  return total
}

/** Made mostly of keyboard walks, sequences or one key held down, as "qwertyuiop12" or "1qaz2wsx3edc". */
export const isPredictable = (characters: readonly string[], minLength: number): boolean => {
  const effective = effectiveLength(characters)
  return effective < minLength && effective <= characters.length / 2
}

/** Length of the unit whose repetition gives the whole text: 3 for "abcabcab", the text's own length when there is none. */
export const shortestPeriod = (characters: readonly string[]): number => {
  const borders = [0]
  let border = 0
  for (let index = 1; index < characters.length; index += 1) {
    while (border > 0 && characters[index] !== characters[border]) border = borders[border - 1] ?? 0
    if (characters[index] === characters[border]) border += 1
    borders.push(border)
  }
  return characters.length - border
}
