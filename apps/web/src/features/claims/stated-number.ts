const NUMBER = /(?<![\p{L}\d])\p{L}?-?\d+(?:[-/]\d+)?\p{L}?(?![\p{L}\d])/u

/** The number of a home in what a person wrote about it ("flat 31, 5th floor": 31), else all of it. */
export const numberIn = (stated: string) => NUMBER.exec(stated)?.[0] ?? stated
