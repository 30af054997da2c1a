/** Every word typed is in the label, in whatever order. */
export const matches = (label: string, words: string) => {
  const text = label.toLocaleLowerCase()
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
